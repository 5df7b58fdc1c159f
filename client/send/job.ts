import type { BatchResource, BatchState, DeclaredFiles } from "../../protocol/index.ts";
import type { FileDeclaration } from "../../protocol/schemas.ts";
import type { BatchApi } from "../api/batch-api.ts";
import { idempotencyKey } from "../api/request.ts";
import { Outbox, type OutboxOptions } from "./session.ts";
import { retryForever } from "../api/retry.ts";

export interface JobOptions extends Omit<OutboxOptions, "onPaused" | "onFatal"> {
  /** What the server says of the batch. */
  onBatch: (batch: BatchResource) => void;
  /** The server could not be told. */
  onError: (error: unknown) => void;
}

/** One batch that is being uploaded, and its course: calls resolve when the server knows, or will not. */
export class Job {
  readonly api: BatchApi;
  readonly outbox: Outbox;
  readonly #options: JobOptions;
  readonly #ending = new AbortController();
  #isSealed = false;

  constructor(options: JobOptions) {
    this.#options = options;
    this.api = options.api;
    const onPaused = () => void this.refresh();
    this.outbox = new Outbox({ ...options, onPaused, onFatal: options.onError });
    this.outbox.awaitEvents();
  }

  /** Aborts when nothing more of the batch will be taken. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Will no more files be declared? */
  get isSealed(): boolean {
    return this.#isSealed;
  }

  /**
   * Declares files. While nobody can tell whether the server has, the same call is made again.
   *
   * @param firstFile the id that the first of them is to get
   * @throws ProblemError `files_added` where it is not free, or another, or the signal's reason
   */
  declare(files: readonly FileDeclaration[], firstFile: number): Promise<DeclaredFiles> {
    const key = idempotencyKey();
    return retryForever(() => this.api.addFiles(files, firstFile, key), this.signal);
  }

  async pause(): Promise<void> {
    this.outbox.hold("pausing");
    await this.#tell(() => this.api.pause());
    this.outbox.release("pausing");
  }

  resume(): Promise<void> {
    return this.#tell(() => this.api.resume());
  }

  /** All is sent: no more files will be declared. */
  async seal(): Promise<void> {
    if (this.#isSealed || this.signal.aborted) return;
    this.#isSealed = true;
    const { onError } = this.#options;
    await this.#tell(() => retryForever(() => this.api.seal(), this.signal, onError));
  }

  /** Calls the batch off. */
  async cancel(): Promise<void> {
    this.end();
    await this.#tell(() => this.api.cancel());
  }

  async cancelFiles(files: readonly number[]): Promise<void> {
    try {
      await this.outbox.cancel(files);
    } catch (error) {
      this.#options.onError(error);
    }
  }

  /** Asks how the batch is. */
  refresh(): Promise<void> {
    return this.#tell(() => this.api.batch());
  }

  follow(state: BatchState): void {
    if (state === "cancelled") this.end();
    else this.outbox.followBatch(state);
  }

  /** Nothing more of the batch will be taken. */
  end(): void {
    this.#ending.abort();
    this.outbox.stop();
  }

  async #tell(call: () => Promise<BatchResource>): Promise<void> {
    try {
      this.#options.onBatch(await call());
    } catch (error) {
      this.#options.onError(error);
    }
  }
}
