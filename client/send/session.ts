import {
  type FileDeclaration,
  isSettled,
  type BatchResource,
  type BatchState,
  type DeclaredFiles,
  type Limits,
} from "../../protocol/index.ts";
import type { BatchApi } from "../api/batch-api.ts";
import { idempotencyKey } from "../api/request.ts";
import { retryForever } from "../api/retry.ts";
import type { ProblemError } from "../errors.ts";
import type { Ledger } from "../ledger.ts";
import type { ConnectionState } from "../live/live.ts";
import type { Source } from "../source.ts";
import { limitsBandwidth, watchRequestLimit } from "#transport";
import type { Reachability } from "../transport/reachability.ts";
import type { TokenBucket } from "./bandwidth.ts";
import { BodyLimit } from "./body-limit.ts";
import { forEachConcurrently } from "./concurrency.ts";
import { SentParts } from "./digest-check.ts";
import { FlowControl } from "./flow-control.ts";
import { PartDigests } from "./part-digests.ts";
import { findReplacements, type ReplaceableFiles, type Replacements } from "./replacements.ts";
import { RequestQueue } from "./request-queue.ts";
import { Sender, type SenderEvents } from "./sender.ts";
import { filesDamaged, sendPlanned } from "./upload-request.ts";

/** Callbacks of a session. */
export interface SessionEvents extends SenderEvents {
  /** The server has responded with the batch. */
  onBatch: (batch: BatchResource) => void;
}

export interface SessionOptions {
  api: BatchApi;
  ledger: Ledger;
  limits: Limits;
  /** Most requests in flight at a time. */
  concurrency: number;
  bandwidth: TokenBucket;
  reachability: Reachability;
  events: SessionEvents;
}

/** Longest time for which sending waits for live updates. */
const CONNECTING_MS = 1000;
/** Requests in flight at a time that each cancel a file. */
const CANCELLATIONS = 4;

/**
 * The upload of one batch: its files that are sent from here, and its course (declare, pause, resume,
 * seal, cancel). Those methods resolve once the server has responded, and report errors as events.
 */
export class UploadSession {
  readonly api: BatchApi;
  readonly #ledger: Ledger;
  readonly #events: SessionEvents;
  readonly #flow: FlowControl;
  readonly #sender: Sender;
  /** Content of the files that may have to be sent, by id. */
  readonly #contents = new Map<number, Blob>();
  /** Files that aren't sent for now, see `hold`. */
  readonly #held = new Set<number>();
  readonly #ending = new AbortController();
  #endedBy: ProblemError | null = null;
  #isSealed = false;

  constructor(options: SessionOptions) {
    const { api, ledger, limits, concurrency, bandwidth, reachability, events } = options;
    const contentOf = (id: number) => this.#requireContent(id);
    const digests = new PartDigests(contentOf);
    const bodyLimit = new BodyLimit((bytes) => ledger.setNetworkLimit(bytes));
    const onUpcoming: PartDigests["prepare"] = (parts) => digests.prepare(parts);
    const requestLimit = watchRequestLimit(api.bundleUrl, this.signal);
    const flow = new FlowControl({ ledger, most: () => Math.min(concurrency, requestLimit()) });
    const shared = { ledger, limits, bandwidth, bodyLimit, flow };
    const queue = new RequestQueue({ ...shared, onUpcoming });
    const sentParts = new SentParts();
    const context = { api, ledger, contentOf, digests, sentParts, bandwidth, bodyLimit, flow };
    this.api = api;
    this.#ledger = ledger;
    this.#events = events;
    this.#flow = flow;
    this.#sender = new Sender({
      ...shared,
      queue,
      reachability,
      delaysRequests: !limitsBandwidth,
      sendPlanned: (request, sending) => sendPlanned(request, context, sending),
      filesDamaged: (request) => filesDamaged(request, context),
      events,
      onPaused: () => void this.#learnState(),
    });
    this.#awaitConnection();
  }

  /** Aborts when nothing more of the batch will be sent. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** The problem that has ended the upload; null if none has, as when the batch was cancelled. */
  get endedBy(): ProblemError | null {
    return this.#endedBy;
  }

  /** True if no more files can be declared. */
  get isSealed(): boolean {
    return this.#isSealed;
  }

  /** True if nothing is left to send, now or after the end of a hold. */
  get idle(): boolean {
    return this.#sender.idle && this.#held.size === 0;
  }

  /** True while the bandwidth limit keeps all files from being sent. */
  get isLimited(): boolean {
    return this.#sender.isLimited;
  }

  /** True if the file is sent from here, or retried by itself. */
  isSending(id: number): boolean {
    return this.#sender.isOpen(id);
  }

  /** Returns a file's content while it may have to be sent. */
  contentOf(id: number): Blob | undefined {
    return this.#contents.get(id);
  }

  /**
   * Declares files. Repeats the request until the server has decided it.
   *
   * @param firstFile the id that the first of them should get
   * @throws ProblemError `files_added` if `firstFile` is taken, or another, or the signal's reason
   */
  declare(files: readonly FileDeclaration[], firstFile: number): Promise<DeclaredFiles> {
    const key = idempotencyKey();
    const { signal } = this;
    return retryForever(() => this.api.addFiles(files, firstFile, key, signal), signal);
  }

  /** Returns what becomes of sources, some of which may be files of the batch that have changed. */
  findReplacements(
    sources: readonly Source[],
    files: Pick<ReplaceableFiles, "replaced" | "replacesMissing">,
  ): Promise<Replacements> {
    const contentOf = (id: number) => this.contentOf(id);
    return findReplacements(sources, { ledger: this.#ledger, contentOf, ...files });
  }

  /** Sends what the server lacks of these files. @param contents by id */
  attach(contents: ReadonlyMap<number, Blob>): void {
    const needed = [...contents].filter(([id]) => this.#ledger.needsUpload(id));
    for (const [id, blob] of needed) this.#contents.set(id, blob);
    this.#send(needed.map(([id]) => id));
  }

  /**
   * Stops sending these files until they are released or cancelled, and aborts what is in flight. Files
   * that are stored already aren't held: cancelling a held file deletes it.
   */
  hold(files: readonly number[]): void {
    if (this.signal.aborted) return;
    const held = files.filter((id) => !this.#isOver(id));
    for (const id of held) this.#held.add(id);
    this.#sender.drop(held);
  }

  /** Sends these files again, if they are still held. */
  release(files: readonly number[]): void {
    const released = files.filter((id) => this.#held.delete(id));
    this.#send(released.filter((id) => this.#contents.has(id) && this.#ledger.needsUpload(id)));
  }

  /** Retries the failed files that are worth it, of `files` or of all. Returns their ids. */
  retry(files: Iterable<number> = this.#contents.keys()): readonly number[] {
    const failed = [...files].filter((id) => this.#isWorthRetrying(id));
    this.#send(failed);
    return failed;
  }

  async pause(): Promise<void> {
    const { limiter } = this.#sender;
    limiter.pause("pausing");
    await this.#run(() => this.api.pause());
    limiter.resume("pausing");
  }

  resume(): Promise<void> {
    return this.#run(() => this.api.resume());
  }

  /** Seals the batch, unless that was done before. Repeats the request until the server has decided. */
  async seal(): Promise<void> {
    if (this.#isSealed || this.signal.aborted) return;
    this.#isSealed = true;
    const { signal } = this;
    const { onError } = this.#events;
    await this.#run(() => retryForever(() => this.api.seal(signal), signal, onError));
  }

  /** Cancels the batch, and aborts what is in flight. */
  async cancel(): Promise<void> {
    this.end();
    await this.#run(() => this.api.cancel());
  }

  /** Cancels files, and aborts what is in flight for them. If a request fails, they are sent again. */
  async cancelFiles(files: readonly number[]): Promise<void> {
    const unsettled = files.filter((id) => this.#isCancellable(id));
    const held = unsettled.filter((id) => this.#held.has(id));
    for (const id of files) this.#held.delete(id);
    const dropped = new Set([...this.#sender.drop(unsettled), ...held]);
    try {
      await forEachConcurrently(unsettled, CANCELLATIONS, async (id) => {
        await this.api.deleteFile(id);
        dropped.delete(id);
      });
    } catch (error) {
      this.#events.onError(error);
    } finally {
      this.#sender.send([...dropped]);
    }
  }

  /**
   * Cancels files with one request, except those that have just been stored, and stops sending them.
   * If the request fails, they are sent again.
   */
  async cancelUnstored(files: readonly number[]): Promise<void> {
    const dropped = this.#sender.drop(files);
    try {
      this.#events.onBatch(await this.api.cancelFiles(files));
    } catch (error) {
      this.#events.onError(error);
      this.#sender.send(dropped);
    }
  }

  /** Reacts to the server's news of these files, which the ledger has. */
  onFilesChanged(files: ReadonlySet<number>): void {
    this.#flow.onFilesChanged(files);
    // Files whose content is elsewhere are another client's to retry.
    const isOwn = (id: number) => this.#contents.has(id) && !this.#held.has(id);
    this.#sender.onFilesChanged([...files].filter(isOwn));
    for (const id of files) {
      // Frees the memory of files that will never be sent again.
      if (this.#isOver(id)) this.#contents.delete(id);
    }
    // Confirmed bytes make room for others.
    this.#sender.limiter.fill();
  }

  /** Reacts to the batch's state. */
  onBatchChanged(state: BatchState): void {
    const { limiter } = this.#sender;
    if (state === "cancelled") this.end();
    else if (state === "paused") {
      limiter.pause("paused");
      // The response to `pause` may come long after another client has resumed the batch.
      limiter.resume("pausing");
    } else limiter.resume("paused");
  }

  /** Reacts to the state of live updates. */
  onConnectionChanged(connection: ConnectionState): void {
    if (connection !== "connecting") this.#sender.limiter.resume("connecting");
  }

  /** Sends nothing more of the batch, and aborts what is in flight. @param problem the reason, if it is one */
  end(problem: ProblemError | null = null): void {
    if (!this.signal.aborted) this.#endedBy = problem;
    this.#ending.abort();
    this.#held.clear();
    this.#sender.stop();
  }

  /**
   * Waits a moment for live updates before sending: small files are done at once, and their progress
   * would otherwise be seen only at its end.
   */
  #awaitConnection(): void {
    const { limiter } = this.#sender;
    limiter.pause("connecting");
    setTimeout(() => limiter.resume("connecting"), CONNECTING_MS);
  }

  /**
   * Asks for the batch, which the server has called paused, until there is a response: if the batch was
   * resumed before that refusal arrived, no live update says so again.
   */
  #learnState(): Promise<void> {
    const { onError } = this.#events;
    return this.#run(() => retryForever(() => this.api.batch(), this.signal, onError));
  }

  async #run(request: () => Promise<BatchResource>): Promise<void> {
    try {
      this.#events.onBatch(await request());
    } catch (error) {
      this.#events.onError(error);
    }
  }

  #send(files: readonly number[]): void {
    this.#sender.send(files.filter((id) => !this.#held.has(id)));
  }

  /** True if the file is stored or cancelled, and will never be sent again. */
  #isOver(id: number): boolean {
    const state = this.#ledger.serverState(id);
    return state === "completed" || state === "cancelled";
  }

  /** A file that is held may have been stored since, by a request that carried others, too. */
  #isCancellable(id: number): boolean {
    const state = this.#ledger.serverState(id);
    return !isSettled(state) || (state === "completed" && this.#held.has(id));
  }

  #requireContent(id: number): Blob {
    const content = this.#contents.get(id);
    if (content === undefined) throw new RangeError(`The content of file ${id} isn't attached.`);
    return content;
  }

  #isWorthRetrying(id: number): boolean {
    if (this.#ledger.localFailures.has(id)) return true;
    return this.#contents.has(id) && this.#ledger.recordedFailure(id)?.retryable === true;
  }
}
