import { partLayout } from "../../protocol/index.ts";
import { blobSha256, type Sha256 } from "./digest.ts";

/** One part (1, 2, 3, …) of one file. */
export type PartName = readonly [file: number, part: number];

type Digest = Promise<Sha256>;

/** Longest time for which a digest waits for the previous one, which may be slow to read. */
const TURN_MS = 250;

/**
 * The digests of parts, computed one after the other while earlier parts are in flight. Otherwise a
 * connection would idle while its part is read; and four parts read at once would all be ready late.
 */
export class PartDigests {
  readonly #contentOf: (id: number) => Blob;
  /** Functions that return the prepared digests, until they are taken. */
  readonly #prepared = new Map<string, () => Digest>();
  #latest: Promise<unknown> = Promise.resolve();

  constructor(contentOf: (id: number) => Blob) {
    this.#contentOf = contentOf;
  }

  /**
   * Returns the SHA-256 of a part, computed anew for each try; null without WebCrypto.
   *
   * @throws ProblemError `file_unreadable`
   */
  take(name: PartName): Digest {
    const digest = this.#prepared.get(name.join()) ?? this.#digestOf(name);
    this.#prepared.delete(name.join());
    return digest();
  }

  /** Starts computing the digests of these parts, unless they are prepared already. */
  prepare(names: readonly PartName[]): void {
    for (const name of names) {
      if (this.#prepared.has(name.join())) continue;
      const digest = this.#digestOf(name);
      const turn = this.#latest;
      this.#prepared.set(name.join(), () => Promise.race([turn, turnTimeout()]).then(digest));
      this.#latest = turn.then(digest).catch(() => undefined);
    }
  }

  /** Returns a function that computes the digest on its first call. */
  #digestOf([id, part]: PartName): () => Digest {
    const content = sliceOf(this.#contentOf(id), part);
    let digest: Digest | undefined;
    return () => (digest ??= blobSha256(content));
  }
}

function turnTimeout(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, TURN_MS));
}

/** Returns one part (1, 2, 3, …) of a file. Reads no bytes. */
export function sliceOf(blob: Blob, part: number): Blob {
  const { partBytes } = partLayout(blob.size);
  return blob.slice((part - 1) * partBytes, part * partBytes);
}
