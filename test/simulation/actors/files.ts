import { createHash } from "node:crypto";
import type { Source } from "../../../client/index.ts";
import { LIMITS } from "../../../protocol/index.ts";
import type { Random } from "../random.ts";

/** The files of one simulation. Each has a unique name and content. */
export class Files {
  /** Contents by name. */
  readonly contents = new Map<string, Uint8Array<ArrayBuffer>>();
  /** Hex SHA-256 of the contents, by name. */
  readonly digests: Map<string, string>;
  readonly #random: Random;

  constructor(random: Random, digests: Map<string, string>) {
    this.#random = random;
    this.digests = digests;
  }

  /** Makes more files. */
  make(count: number): Source[] {
    return Array.from({ length: count }, () => this.#make());
  }

  #make(): Source {
    const bytes = this.#random.fillBytes(new Uint8Array(this.#size()));
    const name = `${this.digests.size}.bin`;
    this.contents.set(name, bytes);
    this.digests.set(name, createHash("sha256").update(bytes).digest("hex"));
    return { name, blob: new Blob([bytes]) };
  }

  /** Most files are small; some are empty, some have parts, and a few are larger than allowed. */
  #size(): number {
    const { bundleBytes, partBytes, fileBytes } = LIMITS;
    const random = this.#random;
    const kind = random.fraction();
    if (kind < 0.1) return 0;
    if (kind < 0.75) return random.whole(1, 600);
    if (kind < 0.85) return random.whole(600, bundleBytes);
    if (kind < 0.88) return random.pick([bundleBytes, bundleBytes + 1, 2 * partBytes]);
    return kind < 0.99 ? random.whole(bundleBytes, fileBytes) : fileBytes + 1;
  }
}
