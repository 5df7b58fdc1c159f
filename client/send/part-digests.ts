import { partLayout } from "../../protocol/index.ts";
import { contentDigest } from "./digest.ts";

/** One part (1, 2, 3, …) of one file. */
export type PartName = readonly [file: number, part: number];

type Digest = ReturnType<typeof contentDigest>;

/** How long a digest waits for its turn: a file that is slow to read holds up no other. */
const TURN_MS = 250;

/**
 * The digests of parts. While some are on their way those of the next are made, one after the other:
 * a connection would idle while its part is read, and of four that are read at once none is soon
 * ready to leave.
 */
export class PartDigests {
  readonly #blobOf: (id: number) => Blob;
  /** Those that nobody has taken yet, to be begun or waited for. */
  readonly #ahead = new Map<string, () => Digest>();
  #latest: Promise<unknown> = Promise.resolve();

  constructor(blobOf: (id: number) => Blob) {
    this.#blobOf = blobOf;
  }

  /** `Content-Digest` of a part, made anew for each try. @throws ProblemError `file_unreadable` */
  take(name: PartName): Digest {
    const make = this.#ahead.get(name.join()) ?? this.#maker(name);
    this.#ahead.delete(name.join());
    return make();
  }

  /** Makes the digests of these parts, which come next. */
  prepare(names: readonly PartName[]): void {
    for (const name of names) {
      if (this.#ahead.has(name.join())) continue;
      const make = this.#maker(name);
      const turn = this.#latest;
      this.#ahead.set(name.join(), () => Promise.race([turn, patience()]).then(make));
      this.#latest = turn.then(make).catch(() => undefined);
    }
  }

  /** Makes a digest when it is first called. */
  #maker([id, part]: PartName): () => Digest {
    const piece = sliceOf(this.#blobOf(id), part);
    let digest: Digest | undefined;
    return () => (digest ??= contentDigest(piece));
  }
}

function patience(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, TURN_MS));
}

/** One part (1, 2, 3, …) of a file. No bytes are read for this, however large the file is. */
export function sliceOf(blob: Blob, part: number): Blob {
  const { partBytes } = partLayout(blob.size);
  return blob.slice((part - 1) * partBytes, part * partBytes);
}
