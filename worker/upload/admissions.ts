import { LIMITS } from "../../protocol/index.ts";
import type { Admission } from "../../durable-objects/index.ts";
import type { BatchClient } from "../batches/batch-client.ts";

/**
 * What the Batch says of the files that a bundle brings. The files of a bundle are neighbours, so
 * what is asked for one is asked for all around it: one call as a rule, and two where they lie on
 * both sides of a hundred.
 */
export class Admissions {
  readonly #batch: BatchClient;
  readonly #known = new Map<number, Admission>();
  /** The first ids of the hundreds that were asked for. */
  readonly #asked = new Set<number>();
  #rev = 0;

  constructor(batch: BatchClient) {
    this.#batch = batch;
  }

  /** The batch's rev as of the last question. */
  get rev(): number {
    return this.#rev;
  }

  /**
   * @returns undefined where the batch has no such file
   * @throws ProblemError where the whole batch takes nothing: paused, cancelled, unknown
   */
  async of(id: number): Promise<Admission | undefined> {
    const first = id - (id % LIMITS.bundleFiles);
    if (!this.#asked.has(first)) {
      this.#asked.add(first);
      const { rev, files } = await this.#batch.admit(first, LIMITS.bundleFiles);
      this.#rev = rev;
      for (const file of files) this.#known.set(file.id, file);
    }
    return this.#known.get(id);
  }

  known(id: number): Admission | undefined {
    return this.#known.get(id);
  }
}
