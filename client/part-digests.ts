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
  /** Those that nobody has taken yet, to be begun or waited for. */
  readonly #ahead = new Map<string, () => Digest>();
  #latest: Promise<unknown> = Promise.resolve();

  constructor(blobOf: (id: number) => Blob) {
    this.#blobOf = blobOf;
  }

  /** `Content-Digest` of a part, made anew for each try. @throws ProblemError `file_unreadable` */
  take(name: PartName): Digest {
    // What has not begun by now waits no longer for a file that is slow to read.
    const make = this.#ahead.get(name.join()) ?? this.#maker(name);
    this.#ahead.delete(name.join());
    return make();
  }

  /** Makes the digests of these parts, which come next. */
  prepare(names: readonly PartName[]): void {
    for (const name of names) {
      if (this.#ahead.has(name.join())) continue;
      const make = this.#maker(name);
      this.#ahead.set(name.join(), make);
      this.#latest = this.#latest.then(make).catch(() => undefined);
    }
  }

  /** Makes a digest when it is first called. */
  #maker([id, part]: PartName): () => Digest {
    const piece = sliceOf(this.#blobOf(id), part);
    let digest: Digest | undefined;
    return () => (digest ??= contentDigest(piece));
  }
}

/** One part (1, 2, 3, …) of a file. No bytes are read for this, however large the file is. */
export function sliceOf(blob: Blob, part: number): Blob {
  const { partBytes } = partLayout(blob.size);
  return blob.slice((part - 1) * partBytes, part * partBytes);
}
