import { LIMITS } from "../../protocol/index.ts";
import type { Admission } from "../../durable-objects/index.ts";
import type { BatchClient } from "../batch-client.ts";

/**
 * What the Batch says of the files that a bundle brings. The files of a bundle are neighbours, so
 * the first one's question is asked for all that may follow: one call, as a rule.
 */
export class Admissions {
  readonly #batch: BatchClient;
  readonly #known = new Map<number, Admission>();
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
    if (!this.#known.has(id)) {
      const { rev, files } = await this.#batch.admit(id, LIMITS.bundleFiles);
      this.#rev = rev;
      for (const file of files) this.#known.set(file.id, file);
    }
    return this.#known.get(id);
  }

  known(id: number): Admission | undefined {
    return this.#known.get(id);
  }
}
