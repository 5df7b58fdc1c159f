import type { Limits } from "../../protocol/index.ts";
import { type OnRateLimited, RetryBudget } from "../api/retry.ts";
import type { ClientCode, ProblemError } from "../errors.ts";
import type { Ledger } from "../ledger.ts";
import type { TokenBucket } from "./bandwidth.ts";
import { ConcurrencyLimiter } from "./concurrency.ts";
import type { UploadOutcome, UploadOutcomes } from "./outcome.ts";
import { asRequest, bytesOf, type PlannedRequest } from "./planner.ts";
import type { RequestQueue } from "./request-queue.ts";
import { RateLimitPause, RetryTimers } from "./retry-timers.ts";
import type { SendOptions } from "./upload-request.ts";

/** Callbacks of a sender. */
export interface SenderEvents {
  /** The ledger has changed for these files, through this client. */
  onProgress: (files: ReadonlySet<number>) => void;
  onRateLimited: OnRateLimited;
  /** Nothing is left to send. */
  onIdle: () => void;
  /** The server accepts nothing more of the batch (sending has stopped), or refused a request. */
  onError: (error: unknown) => void;
}

export interface SenderOptions {
  ledger: Ledger;
  limits: Limits;
  queue: RequestQueue;
  /** Requests in flight at a time. */
  concurrency: number;
  bandwidth: TokenBucket;
  /** True if the transport can't throttle a body: then requests start later instead. */
  delaysRequests: boolean;
  /** Sends a request once. Rejects only with the signal's reason. */
  sendPlanned: (request: PlannedRequest, options: SendOptions) => Promise<UploadOutcomes>;
  events: SenderEvents;
  /** Called when the server says that the batch is paused. */
  onPaused: () => void;
}

/**
 * Sends files, a few requests at a time, and retries what is worth it. A file is open from the moment
 * it should be sent until the server has it, or its tries are used up. A failed file never holds up
 * the others.
 */
export class Sender {
  readonly #options: SenderOptions;
  readonly #open = new Set<number>();
  /** Files that failed, and are sent again only when they are retried on request. */
  readonly #failed = new Set<number>();
  /** By file, of files that have failed; a large file has a budget for each part instead. */
  readonly #budgets = new Map<number, RetryBudget>();
  readonly #timers = new RetryTimers();
  readonly #rateLimitPause: RateLimitPause;
  readonly #stopping = new AbortController();
  /** Requests in flight. Pausing it pauses sending. */
  readonly limiter: ConcurrencyLimiter<PlannedRequest>;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.limiter = new ConcurrencyLimiter({
      limit: options.concurrency,
      next: () => options.queue.next(),
      run: async (request, signal) => this.#settle(request, await this.#send(request, signal)),
    });
    const { onRateLimited } = options.events;
    this.#rateLimitPause = new RateLimitPause(this.limiter, this.#timers, onRateLimited);
  }

  /** True if nothing is left to send. */
  get idle(): boolean {
    return this.#open.size === 0;
  }

  /** Sends what the server lacks of these files, with all their tries. */
  send(files: readonly number[]): void {
    const { ledger, limits, queue } = this.#options;
    if (this.#stopping.signal.aborted) return;
    // The server refuses a file above its limit when it's declared.
    const isNew = (id: number) => !this.#open.has(id) && ledger.size(id) <= limits.fileBytes;
    const added = files.filter(isNew);
    queue.add(added);
    for (const id of added) this.#begin(id);
    this.limiter.fill();
  }

  /** Stops sending these files, and aborts their requests. Returns those that were open. */
  drop(files: readonly number[]): readonly number[] {
    const open = files.filter((id) => this.#open.has(id));
    for (const id of open) this.#close(id);
    for (const id of files) this.#failed.delete(id);
    return open;
  }

  /** Reacts to the server's news of these files: retries failed ones, and drops what it has. */
  onFilesChanged(files: Iterable<number>): void {
    const retries = new Map<number, UploadOutcome>();
    for (const id of files) {
      if (this.#open.has(id)) this.#onOpenFileChanged(id);
      const problem = this.#open.has(id) ? null : this.#options.ledger.recordedFailure(id);
      if (problem === null) continue;
      if ((this.#budgets.get(id) ?? new RetryBudget()).allows(problem))
        retries.set(id, { kind: "retry", problem });
      else this.#failed.add(id);
    }
    for (const id of retries.keys()) this.#open.add(id);
    if (retries.size > 0) this.#settle(asRequest([...retries.keys()]), retries);
    this.send([...files].filter((id) => this.#isRetriedElsewhere(id)));
  }

  /** Retries now, with all tries, what failed while the network was away. */
  resetAttempts(): void {
    for (const budget of this.#budgets.values()) budget.reset();
    this.#options.queue.resetAttempts();
    this.#timers.runEarly();
  }

  /** Sends nothing more, and aborts what is in flight. */
  stop(): void {
    this.#stopping.abort();
    this.limiter.stop();
    this.#timers.clear();
    this.#options.queue.clear();
    this.#open.clear();
  }

  #begin(id: number): void {
    this.#open.add(id);
    this.#failed.delete(id);
    this.#budgets.delete(id);
    this.#options.ledger.clearLocalFailure(id);
    this.#recount(id);
  }

  #onOpenFileChanged(id: number): void {
    const { ledger, queue } = this.#options;
    const isSent = queue.largeFile(id)?.isSent;
    if (ledger.serverState(id) === "cancelled") this.#close(id);
    // A small file is settled by the response to its request.
    if (isSent === undefined) return;
    if (!ledger.needsUpload(id)) this.#close(id);
    if (!isSent) return;
    if (ledger.serverState(id) === "failed") this.#close(id);
    // The server has lost parts, or the request that was to complete the file has ended.
    if (ledger.serverState(id) === "queued") queue.addFirst([id]);
  }

  /** True if a file that failed here for good is waited for again: another client retried it. */
  #isRetriedElsewhere(id: number): boolean {
    const { ledger } = this.#options;
    const isWaitedFor = ledger.serverState(id) === "queued" && !ledger.localFailures.has(id);
    return this.#failed.has(id) && isWaitedFor;
  }

  /** Sends a request, without the files that were stored or refused since it was planned. */
  async #send(request: PlannedRequest, signal: AbortSignal): Promise<UploadOutcomes> {
    const { ledger, sendPlanned } = this.#options;
    const { files } = request;
    const needed = files.filter((id) => this.#open.has(id) && ledger.needsUpload(id));
    const outcomes = new Map<number, UploadOutcome>(files.map((id) => [id, { kind: "done" }]));
    if (needed.length === 0) return outcomes;
    const narrowed = needed.length === files.length ? request : asRequest(needed);
    void this.#awaitBandwidth(narrowed);
    const onSent: SendOptions["onSent"] = (bytes) => this.#countSent(request, bytes);
    return new Map([...outcomes, ...(await sendPlanned(narrowed, { onSent, signal }))]);
  }

  /** Starts no new request until the bandwidth limit allows for this one. */
  async #awaitBandwidth(request: PlannedRequest): Promise<void> {
    const { ledger, bandwidth, delaysRequests } = this.#options;
    if (!delaysRequests || bandwidth.bytesPerSecond === null) return;
    bandwidth.spend(bytesOf(request, (id) => ledger.size(id)));
    this.limiter.pause("bandwidth");
    await bandwidth.take(0, this.#stopping.signal).catch(() => undefined);
    this.limiter.resume("bandwidth");
  }

  #countSent(request: PlannedRequest, sent: ReadonlyMap<number, number>): void {
    const { ledger, queue, events } = this.#options;
    for (const [id, bytes] of sent) {
      const file = queue.largeFile(id);
      if (request.kind === "part") file?.setSent(request.part, bytes);
      ledger.setSent(id, file?.sentBytes ?? bytes);
    }
    events.onProgress(new Set(sent.keys()));
  }

  #settle(request: PlannedRequest, outcomes: UploadOutcomes): void {
    const { events } = this.#options;
    const paused: number[] = [];
    const delays = new Map<number, number>();
    for (const [id, outcome] of outcomes) {
      if (outcome.kind === "fatal") return this.#fail(outcome.problem);
      if (!this.#open.has(id)) continue;
      if (outcome.kind === "paused") paused.push(id);
      else if (outcome.kind === "retry") this.#countFailure(request, id, outcome.problem, delays);
      else this.#settleFile(id, outcome);
    }
    events.onProgress(new Set(outcomes.keys()));
    if (paused.length > 0) this.#pause(request, paused);
    if (delays.size > 0) this.#retry(request, delays, [...outcomes.values()].some(hasRetryAfter));
    if (this.idle) events.onIdle();
  }

  #settleFile(
    id: number,
    outcome: Exclude<UploadOutcome, { kind: "retry" | "paused" | "fatal" }>,
  ): void {
    const { queue } = this.#options;
    switch (outcome.kind) {
      case "done":
        return this.#close(id);
      case "rejected":
        return this.#failLocally(id, outcome.problem.code);
      case "partStored":
        queue.partStored(id, outcome.part, outcome.isLast);
        return this.#recount(id);
      case "partsListed":
        queue.partsListed(id, outcome.received, outcome.isIdle);
        return this.#recount(id);
    }
  }

  /** Adds the wait before the file's retry to `delays`, unless its tries are used up. */
  #countFailure(
    request: PlannedRequest,
    id: number,
    problem: ProblemError,
    delays: Map<number, number>,
  ): void {
    if (this.#options.ledger.isUploadDone(id)) return this.#close(id);
    const delay = this.#delayAfter(request, id, problem);
    if (delay === null) return this.#failLocally(id, problem.code);
    this.#recount(id);
    delays.set(id, delay);
  }

  /** Returns milliseconds to wait before the retry, or null to give up. Each part has its own tries. */
  #delayAfter(request: PlannedRequest, id: number, problem: ProblemError): number | null {
    const file = this.#options.queue.largeFile(id);
    if (request.kind === "part" && file) return file.fail(request.part, problem);
    const budget = this.#budgets.get(id) ?? new RetryBudget();
    this.#budgets.set(id, budget);
    return budget.fail(problem);
  }

  #failLocally(id: number, code: ClientCode): void {
    const { ledger, queue } = this.#options;
    ledger.setSent(id, queue.largeFile(id)?.storedBytes ?? 0);
    ledger.setLocalFailure(id, code);
    this.#failed.add(id);
    this.#close(id);
  }

  /** Stops sending the file, and aborts requests that carry no other open file. */
  #close(id: number): void {
    this.#open.delete(id);
    this.#options.queue.remove(id);
    this.limiter.abort(({ files }) => files.every((file) => !this.#open.has(file)));
  }

  /** Resets the file's sent bytes to those of its parts; a small file starts again at 0. */
  #recount(id: number): void {
    const { ledger, queue } = this.#options;
    ledger.setSent(id, queue.largeFile(id)?.sentBytes ?? 0);
  }

  #pause(request: PlannedRequest, files: readonly number[]): void {
    this.limiter.pause("paused");
    this.#requeue(request, files);
    this.#options.onPaused();
  }

  /** Retries all files of a request at once, so that a bundle stays a bundle. */
  #retry(
    request: PlannedRequest,
    delays: ReadonlyMap<number, number>,
    isRateLimited: boolean,
  ): void {
    const delay = Math.max(...delays.values());
    if (isRateLimited) this.#rateLimitPause.begin(delay);
    const sendAgain = () => {
      this.#requeue(request, [...delays.keys()]);
      this.limiter.fill();
    };
    this.#timers.schedule(delay, sendAgain, !isRateLimited);
  }

  #requeue(request: PlannedRequest, files: readonly number[]): void {
    const { queue } = this.#options;
    if (request.kind === "part") queue.putBack(request);
    else queue.addFirst(files.filter((id) => this.#open.has(id)));
  }

  #fail(problem: ProblemError): void {
    this.stop();
    this.#options.events.onError(problem);
  }
}

/** True if the server said when to retry. */
function hasRetryAfter(outcome: UploadOutcome): boolean {
  return outcome.kind === "retry" && outcome.problem.retryAfter !== null;
}
