import type { FileResource, SingleFileResource } from "../../protocol/index.ts";
import { toHex } from "../../protocol/index.ts";
import type { Ledger } from "../ledger.ts";
import { blobSha256, type Sha256 } from "./digest.ts";

/** Notes the files whose digest on the server is the one that they were sent with. */
export function noteChecked(
  files: readonly FileResource[],
  sent: ReadonlyMap<number, Sha256>,
  { checked }: Ledger,
): void {
  for (const { id, sha256: stored } of files) {
    const digest = sent.get(id);
    if (digest && toHex(digest) === stored) checked.add(id);
  }
}

/** The SHA-256 of the parts that were sent, to compare with the digest of a file that is complete. */
export class SentParts {
  readonly #digests = new Map<number, Map<number, Uint8Array>>();

  /** Notes a part (1, 2, 3, …) that was sent with this digest. */
  add(id: number, part: number, digest: Sha256): void {
    if (digest === null) return;
    const parts = this.#digests.get(id) ?? new Map<number, Uint8Array>();
    this.#digests.set(id, parts.set(part, digest));
  }

  /** Notes a file as checked if the digest of its parts is that of the parts that were sent. */
  async noteChecked({ id, parts }: SingleFileResource, { checked }: Ledger): Promise<void> {
    const digests = this.#digests.get(id);
    if (parts?.digest === undefined || digests === undefined) return;
    this.#digests.delete(id);
    const digest = await blobSha256(new Blob(ordered(digests)));
    if (digest && toHex(digest) === parts.digest) checked.add(id);
  }
}

function ordered(digests: ReadonlyMap<number, Uint8Array>): Uint8Array<ArrayBuffer>[] {
  const sorted = [...digests].toSorted(([a], [b]) => a - b);
  return sorted.map(([, digest]) => new Uint8Array(digest));
}
