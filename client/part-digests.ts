import { partLayout } from "../protocol/index.ts";
import { contentDigest } from "./digest.ts";

/** One part (1, 2, 3, …) of one file. */
export type PartName = readonly [file: number, part: number];

type Digest = ReturnType<typeof contentDigest>;

/**
 * The digests of parts. While some are on their way those of the next are made, one after the other:
 * a connection would idle while its part is read.
 */
export class PartDigests {
  readonly #blobOf: (id: number) => Blob;
  readonly #ahead = new Map<string, Digest>();
  #latest: Promise<unknown> = Promise.resolve();

  constructor(blobOf: (id: number) => Blob) {
    this.#blobOf = blobOf;
  }

  /** `Content-Digest` of a part, made anew for each try. @throws ProblemError `file_unreadable` */
  take(name: PartName): Digest {
    const key = name.join();
    const digest = this.#ahead.get(key) ?? contentDigest(this.#pieceOf(name));
    this.#ahead.delete(key);
    return digest;
  }

  /** Makes the digests of these parts, which come next. */
  prepare(names: readonly PartName[]): void {
    for (const name of names) {
      const key = name.join();
      if (this.#ahead.has(key)) continue;
      const piece = this.#pieceOf(name);
      const digest = this.#latest.then(() => contentDigest(piece));
      this.#ahead.set(key, digest);
      this.#latest = digest.catch(() => undefined);
    }
  }

  #pieceOf([id, part]: PartName): Blob {
    return sliceOf(this.#blobOf(id), part);
  }
}

/** One part (1, 2, 3, …) of a file. No bytes are read for this, however large the file is. */
export function sliceOf(blob: Blob, part: number): Blob {
  const { partBytes } = partLayout(blob.size);
  return blob.slice((part - 1) * partBytes, part * partBytes);
}
