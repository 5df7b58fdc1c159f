import { LIMITS, type SingleFileResource } from "../../protocol/index.ts";
import { readProblem, type TestBatch } from "./batch.ts";

/** More tries than the faults of any test require. */
const TRIES = 30;

/** A client that sends files again until all are stored. */
export class PersistentClient {
  readonly #batch: TestBatch;
  readonly #contents: readonly Uint8Array<ArrayBuffer>[];

  /** @param contents of the batch's files, by id */
  constructor(batch: TestBatch, contents: readonly Uint8Array<ArrayBuffer>[]) {
    this.#batch = batch;
    this.#contents = contents;
  }

  /**
   * Sends the missing files until all are stored: large ones in parts, the others in bundles.
   *
   * @param alone ids of small files that are sent with a PUT each
   * @throws Error if the server refuses a file permanently
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
    throw new Error(`Some files are missing after ${TRIES} tries.`);
  }

  async #sendBundle(ids: readonly number[]): Promise<void> {
    if (ids.length === 0) return;
    const { files } = await this.#batch.bundle(
      ids.map((id) => ({ name: id, bytes: this.#of(id) })),
    );
    for (const result of files) {
      if (result.error && !result.error.retryable) throw new Error(result.error.detail);
    }
  }

  /** Sends the missing parts. If none is missing, sends the last one again to complete the file. */
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
    const response = await this.#batch.call(path, { method: "PUT", body });
    if (response.ok) return response.body?.cancel();
    const { code, detail } = await readProblem(response);
    if (code !== "storage_failed") throw new Error(`${code}: ${detail}`);
  }

  #of(id: number): Uint8Array<ArrayBuffer> {
    const content = this.#contents[id];
    if (content) return content;
    throw new RangeError(`File ${id} has no content.`);
  }
}
