import type { Limits } from "../../protocol/index.ts";
import { type OnRateLimited, RetryBudget } from "../api/retry.ts";
import type { ClientCode, ProblemError } from "../errors.ts";
import type { Ledger } from "../ledger.ts";
import type { Reachability } from "../transport/reachability.ts";
import type { TokenBucket } from "./bandwidth.ts";
import type { BodyLimit } from "./body-limit.ts";
import { ConcurrencyLimiter } from "./concurrency.ts";
import type { FlowControl } from "./flow-control.ts";
import {
  codeOfWait,
  outcomesFor,
  unansweredProblem,
  type UploadOutcome,
  type UploadOutcomes,
} from "./outcome.ts";
import { asRequest, bytesOf, type PlannedRequest, repeatOf, without } from "./planner.ts";
import type { RequestQueue } from "./request-queue.ts";
import { RateLimitPause, RetryTimers } from "./retry-timers.ts";
import { SentBytes } from "./sent-bytes.ts";
import { UnansweredRequests } from "./unanswered-requests.ts";
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
  flow: FlowControl;
  bandwidth: TokenBucket;
  /** True if the transport can't throttle a body: then requests start later instead. */
  delaysRequests: boolean;
  bodyLimit: BodyLimit;
  reachability: Pick<Reachability, "check" | "whenReachable" | "block" | "unblock">;
  /** Sends a request once. Rejects only with the signal's reason. */
  sendPlanned: (request: PlannedRequest, options: SendOptions) => Promise<UploadOutcomes>;
  /** Returns the files of a request that can't be read from end to end. */
  filesDamaged: (request: PlannedRequest) => Promise<readonly number[]>;
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
  /** Files that are retried after the network refused them for their length: the limit may be gone. */
  readonly #unlimited = new Set<number>();
  readonly #sent: SentBytes;
  readonly #timers = new RetryTimers();
  readonly #rateLimitPause: RateLimitPause;
  readonly #unanswered: UnansweredRequests;
  readonly #stopping = new AbortController();
  /** Requests in flight. Pausing it pauses sending. */
  readonly limiter: ConcurrencyLimiter<PlannedRequest>;

  constructor(options: SenderOptions) {
    this.#options = options;
    const { flow, ledger, queue } = options;
    this.#sent = new SentBytes(ledger, queue);
    this.limiter = new ConcurrencyLimiter({
      limit: () => flow.limit,
      next: () => queue.next(),
      run: (request, signal) =>
        flow
          .hold(request, () => this.#send(request, signal))
          .catch((error: unknown) => this.#onBug(error, signal)),
    });
    const { onRateLimited } = options.events;
    this.#rateLimitPause = new RateLimitPause(this.limiter, this.#timers, onRateLimited);
    this.#unanswered = new UnansweredRequests({
      ...options,
      timers: this.#timers,
      limiter: this.limiter,
      signal: this.#stopping.signal,
      isOpen: (id) => this.#open.has(id),
      fail: (id, code) => this.#stopRetrying(id, code),
    });
  }

  /** True if nothing is left to send. */
  get idle(): boolean {
    return this.#open.size === 0;
  }

  /** True while only the bandwidth limit keeps requests from starting, and none is in flight. */
  get isLimited(): boolean {
    return !this.idle && this.limiter.isHeldBy("bandwidth");
  }

  /** True if the file is sent from here, or retried by itself. */
  isOpen(id: number): boolean {
    return this.#open.has(id);
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

  /** Sends nothing more, and aborts what is in flight. */
  stop(): void {
    this.#stopping.abort();
    this.limiter.stop();
    this.#timers.clear();
    this.#options.queue.clear();
    this.#open.clear();
  }

  #begin(id: number): void {
    const { ledger } = this.#options;
    this.#open.add(id);
    this.#failed.delete(id);
    this.#budgets.delete(id);
    if (ledger.localFailures.get(id) === "network_limit") this.#unlimited.add(id);
    ledger.clearLocalFailure(id);
    this.#sent.recount(id);
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
  async #send(request: PlannedRequest, signal: AbortSignal): Promise<void> {
    const { ledger, sendPlanned } = this.#options;
    const { files } = request;
    const isNeeded = (id: number) => this.#open.has(id) && ledger.needsUpload(id);
    const needless = files.filter((id) => !isNeeded(id));
    if (needless.length > 0) this.#settle(request, outcomesFor(needless, { kind: "done" }));
    const needed = without(request, needless);
    if (needed === null) return;
    if (this.#isAboveLimit(needed)) return this.#unanswered.shorten(needed);
    void this.#awaitBandwidth(needed);
    const onSent: SendOptions["onSent"] = (bytes) => this.#countSent(needed, bytes);
    const send = () => sendPlanned(needed, { onSent, signal });
    this.#end(needed, await this.#options.flow.measure(needed, send));
  }

  #end(request: PlannedRequest, outcomes: UploadOutcomes): void {
    this.#settle(request, outcomes);
    const problem = unansweredProblem(outcomes);
    if (problem === null) {
      this.#unanswered.responded();
      return "split" in request ? request.split?.arrived() : undefined;
    }
    const open = request.files.filter((id) => this.#open.has(id));
    this.#sent.undo(request, open);
    void this.#unanswered.add(request, problem);
  }

  /** True if the network is known to refuse a body of this length. */
  #isAboveLimit(request: PlannedRequest): boolean {
    const { ledger, bodyLimit } = this.#options;
    if (request.files.some((id) => this.#unlimited.has(id))) return false;
    const bytes = bytesOf(request, (id) => ledger.size(id));
    return request.kind === "bundle" ? bodyLimit.refuses(bytes) : bodyLimit.isHopeless(bytes);
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
    this.#sent.set(request, sent);
    this.#options.events.onProgress(new Set(sent.keys()));
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
    if (delays.size > 0) this.#retry(request, delays, codeOfWait(outcomes));
    if (this.idle) events.onIdle();
  }

  #stopRetrying(id: number, code: ClientCode): void {
    const { events } = this.#options;
    this.#failLocally(id, code);
    events.onProgress(new Set([id]));
    if (this.idle) events.onIdle();
  }

  #settleFile(
    id: number,
    outcome: Exclude<UploadOutcome, { kind: "retry" | "paused" | "fatal" }>,
  ): void {
    const { queue } = this.#options;
    switch (outcome.kind) {
      case "unanswered":
        return; // The request is dealt with as a whole.
      case "done":
        return this.#close(id);
      case "rejected":
        return this.#failLocally(id, outcome.problem.code);
      case "partStored":
        queue.partStored(id, outcome.part, outcome.isLast);
        return this.#sent.recount(id);
      case "partsListed":
        queue.partsListed(id, outcome.received, outcome.isIdle);
        return this.#sent.recount(id);
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
    this.#sent.recount(id);
    delays.set(id, delay);
  }

  /** Returns milliseconds to wait before the retry, or null to stop retrying. Each part has its own tries. */
  #delayAfter(request: PlannedRequest, id: number, problem: ProblemError): number | null {
    const file = this.#options.queue.largeFile(id);
    if (request.kind === "part" && file) return file.fail(request.part, problem);
    const budget = this.#budgets.get(id) ?? new RetryBudget();
    this.#budgets.set(id, budget);
    return budget.fail(problem);
  }

  #failLocally(id: number, code: ClientCode): void {
    this.#sent.settle(id);
    this.#options.ledger.setLocalFailure(id, code);
    this.#failed.add(id);
    this.#close(id);
  }

  /** Stops sending the file, and aborts requests that carry no other open file. */
  #close(id: number): void {
    this.#open.delete(id);
    this.#unlimited.delete(id);
    this.#options.queue.remove(id);
    this.limiter.abort(({ files }) => files.every((file) => !this.#open.has(file)));
  }

  #pause(request: PlannedRequest, files: readonly number[]): void {
    this.limiter.pause("paused");
    this.#requeue(request, files);
    this.#options.onPaused();
  }

  /**
   * Retries all files of a request at once, so that a bundle stays a bundle.
   *
   * @param waitCode why the server said when; null if it didn't
   */
  #retry(
    request: PlannedRequest,
    delays: ReadonlyMap<number, number>,
    waitCode: ClientCode | null,
  ): void {
    const delay = Math.max(...delays.values());
    const isRateLimited = waitCode !== null;
    if (isRateLimited) this.#rateLimitPause.begin(delay, waitCode);
    // The server stored nothing of a request that it asked to come later.
    const repeat = isRateLimited ? request : repeatOf(request);
    const sendAgain = () => {
      this.#requeue(repeat, [...delays.keys()]);
      this.limiter.fill();
    };
    this.#timers.schedule(delay, sendAgain, !isRateLimited);
  }

  #requeue(request: PlannedRequest, files: readonly number[]): void {
    const { queue } = this.#options;
    if (request.kind === "part") queue.putBack(request);
    else queue.addFirst(files.filter((id) => this.#open.has(id)));
  }

  /** Sends nothing more: what failed would fail again, without a sign of it. */
  #onBug(error: unknown, signal: AbortSignal): void {
    if (!signal.aborted) this.#fail(error);
  }

  #fail(error: unknown): void {
    this.stop();
    this.#options.events.onError(error);
  }
}
