import { isCreatedBatch, isDeclaredFiles } from "../../../client/api/guards.ts";
import type { Random } from "../random.ts";

/** A file that the attacker has declared. */
export interface AttackedFile {
  id: number;
  bytes: Uint8Array<ArrayBuffer>;
}

/** A batch of the attacker, as far as responses have told of it. */
export class AttackedBatch {
  /** Path of its resource. */
  readonly path: string;
  readonly token: string;
  readonly #files = new Map<number, Uint8Array<ArrayBuffer>>();

  /** @param created the response to its creation */
  constructor(created: { links: { self: string }; tokens: { write: string } }) {
    this.path = new URL(created.links.self).pathname;
    this.token = created.tokens.write;
  }

  /** Returns the batch in a response; null if it has none, or a repeated call got no tokens. */
  static from(response: unknown): AttackedBatch | null {
    return isCreatedBatch(response) ? new AttackedBatch(response) : null;
  }

  /** Notes the files that a response has declared. */
  add(response: unknown, contents: readonly Uint8Array<ArrayBuffer>[]): void {
    if (!isDeclaredFiles(response)) return;
    for (const [index, bytes] of contents.entries())
      this.#files.set(response.firstFile + index, bytes);
  }

  /** Returns some of its files, which may be settled already. */
  someFiles(random: Random, most: number): AttackedFile[] {
    const all = Array.from(this.#files, ([id, bytes]) => ({ id, bytes }));
    const first = random.whole(0, Math.max(0, all.length - 1));
    return all.slice(first, first + random.whole(1, most));
  }
}
