import { LIMITS, type SingleFileResource } from "../../protocol/index.ts";
import { readProblem, type TestBatch } from "./batch.ts";

/** Far more tries than any of the tests' faults can use up. */
const TRIES = 30;

/** Sends files as any client may: again, for as long as the server says that it is worth it. */
export class PersistentClient {
  readonly #batch: TestBatch;
  readonly #contents: readonly Uint8Array<ArrayBuffer>[];

  /** @param contents of the batch's files, in order of their ids */
  constructor(batch: TestBatch, contents: readonly Uint8Array<ArrayBuffer>[]) {
    this.#batch = batch;
    this.#contents = contents;
  }

  /**
   * Sends what is not there, one after the other by themselves and the rest in bundles, until all is
   * there.
   *
   * @param alone ids of the small files that get a request of their own
   * @throws Error where the server's answer is none that a client should try again after
   */
  async upload(alone: ReadonlySet<number>): Promise<void> {
    for (let tries = 0; tries < TRIES; tries++) {
      const files = await this.#batch.files();
      const missing = files.filter(({ state }) => state !== "completed");
      if (missing.length === 0) return;
      const large = missing.filter(({ size }) => size > LIMITS.bundleBytes).map(({ id }) => id);
      const small = missing.filter(({ size }) => size <= LIMITS.bundleBytes).map(({ id }) => id);
      await Promise.all([
        this.#sendBundle(small.filter((id) => !alone.has(id))),
        ...small.filter((id) => alone.has(id)).map((id) => this.#put(`/files/${id}`, id)),
        ...large.map((id) => this.#sendParts(id)),
      ]);
    }
    throw new Error(`Not all files are there after ${TRIES} tries.`);
  }

  async #sendBundle(ids: readonly number[]): Promise<void> {
    if (ids.length === 0) return;
    const { files } = await this.#batch.bundle(
      ids.map((id) => ({ name: id, bytes: this.#of(id) })),
    );
    for (const result of files) {
      if (!Array.isArray(result) && !result.error.retryable) throw new Error(result.error.detail);
    }
  }

  /** What is missing side by side; where all is there and the file is not, any part once more. */
  async #sendParts(id: number): Promise<void> {
    const file = await (await this.#batch.call(`/files/${id}`)).json<SingleFileResource>();
    const { count, partBytes, received } = file.parts ?? { count: 0, partBytes: 0, received: [] };
    const numbers = Array.from({ length: count }, (_, index) => index + 1);
    const missing = numbers.filter((part) => !received.includes(part));
    const parts = missing.length > 0 ? missing : numbers.slice(-1);
    await Promise.all(
      parts.map((part) =>
        this.#put(`/files/${id}/parts/${part}`, id, (part - 1) * partBytes, part * partBytes),
      ),
    );
  }

  async #put(path: string, id: number, start = 0, end?: number): Promise<void> {
    const body = this.#of(id).slice(start, end);
    const answer = await this.#batch.call(path, { method: "PUT", body });
    if (answer.ok) return answer.body?.cancel();
    const { code, detail } = await readProblem(answer);
    if (code !== "storage_failed") throw new Error(`${code}: ${detail}`);
  }

  #of(id: number): Uint8Array<ArrayBuffer> {
    const content = this.#contents[id];
    if (content) return content;
    throw new RangeError(`File ${id} has no content.`);
  }
}
