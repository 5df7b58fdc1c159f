import { Attempts } from "./attempts.ts";
import { RequestQueue, type RequestQueueOptions } from "./request-queue.ts";
import type { DeliveryContext, Sent } from "./delivery.ts";
import { ConcurrencyLimiter, type PauseReason } from "./concurrency.ts";
import { RetryTimers } from "./retry-timers.ts";
import { asRequest, bytesOf, type PlannedRequest } from "./planner.ts";
import type { ClientCode, ProblemError } from "../errors.ts";
import { RateLimitPause } from "../api/rate-limit-pause.ts";
import type { OnRateLimited } from "../api/retry.ts";
import type { UploadOutcome, UploadOutcomes } from "./outcome.ts";
import { needsUpload, recordedFailure } from "../predicates.ts";

export interface SenderOptions extends RequestQueueOptions {
  /** Is the bandwidth kept by when requests begin, because what is begun goes as fast as it can? */
  throttlesRequests: boolean;
  deliver: (
    request: PlannedRequest,
    context: Pick<DeliveryContext, "onSent" | "signal">,
  ) => Promise<UploadOutcomes>;
  /** The ledger has changed for these files, by this client's doing. */
  onChange: (files: ReadonlySet<number>) => void;
  /** The server says that the batch is paused. */
  onPaused: () => void;
  onRateLimited: OnRateLimited;
  /** Nothing is left to send. */
  onIdle: () => void;
  /** Nothing more will be taken; the sender has stopped. */
  onFatal: (problem: ProblemError) => void;
}

/**
 * Sends files, a few requests at a time, and sends again what is worth it. A file is open from the
 * moment it is asked to be sent until the server has it or it is given up; one that fails holds up
 * nobody.
 */
export class Sender {
  readonly #options: SenderOptions;
  readonly #queue: RequestQueue;
  readonly #limiter: ConcurrencyLimiter<PlannedRequest>;
  readonly #open = new Set<number>();
  /** Files that failed, and of which nothing more is sent until somebody has them retried. */
  readonly #failed = new Set<number>();
  readonly #attempts = new Attempts();
  readonly #timers = new RetryTimers();
  readonly #rateLimitPause: RateLimitPause;
  readonly #stopping = new AbortController();

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#queue = new RequestQueue(options);
    this.#limiter = new ConcurrencyLimiter({
      limit: options.concurrency,
      next: () => this.#queue.next(),
      run: async (request, signal) => this.#settle(request, await this.#deliver(request, signal)),
    });
    this.#rateLimitPause = new RateLimitPause(this.#limiter, this.#timers, options.onRateLimited);
  }

  /** Is nothing left to send? */
  get idle(): boolean {
    return this.#open.size === 0;
  }

  /** Sends what the server does not have of these files, with all their tries before them. */
  send(files: readonly number[]): void {
    const { ledger, limits } = this.#options;
    if (this.#stopping.signal.aborted) return;
    // The server refuses a file above its limit when it is declared: nothing is to be sent.
    const takes = (id: number) => !this.#open.has(id) && ledger.size(id) <= limits.fileBytes;
    const fresh = files.filter(takes);
    this.#queue.add(fresh);
    for (const id of fresh) this.#begin(id);
    this.#limiter.fill();
  }

  /** Sends nothing more of these files, and aborts what is in flight. The answer is which were open. */
  drop(files: readonly number[]): readonly number[] {
    const open = files.filter((id) => this.#open.has(id));
    for (const id of open) this.#close(id);
    for (const id of files) this.#failed.delete(id);
    return open;
  }

  /** Takes in news of these files: sends again what is worth it, lets go of what needs no sending. */
  follow(files: Iterable<number>): void {
    const again = new Map<number, UploadOutcome>();
    for (const id of files) {
      if (this.#open.has(id)) this.#followOpen(id);
      const problem = this.#open.has(id) ? null : recordedFailure(this.#options.ledger, id);
      if (problem === null) continue;
      if (this.#attempts.hasLeft(id, problem)) again.set(id, { kind: "again", problem });
      else this.#failed.add(id);
    }
    for (const id of again.keys()) this.#open.add(id);
    if (again.size > 0) this.#settle(asRequest([...again.keys()]), again);
    this.send([...files].filter((id) => this.#isRetried(id)));
  }

  /** The bandwidth has changed. */
  replan(): void {
    this.#queue.replan();
  }

  /** Begins nothing new until released; what is in flight goes on. */
  hold(why: PauseReason): void {
    this.#limiter.pause(why);
  }

  release(why: PauseReason): void {
    // Also of an interruption that was over before anybody had noticed.
    if (why === "offline") this.#resetAttempts();
    this.#limiter.resume(why);
  }

  /** Sends nothing more, and aborts what is in flight. */
  stop(): void {
    this.#stopping.abort();
    this.#limiter.stop();
    this.#timers.clear();
    this.#queue.clear();
    this.#open.clear();
  }

  #begin(id: number): void {
    this.#open.add(id);
    this.#failed.delete(id);
    this.#attempts.forget(id);
    this.#options.ledger.clearLocalFailure(id);
    this.#recount(id);
  }

  #followOpen(id: number): void {
    const { ledger } = this.#options;
    const isSent = this.#queue.largeFile(id)?.isSent;
    if (ledger.serverState(id) === "cancelled") this.#close(id);
    if (isSent === undefined) return;
    // Of a small file, the answer to its request tells.
    if (!needsUpload(ledger, id)) this.#close(id);
    if (!isSent) return;
    if (ledger.serverState(id) === "failed") this.#close(id);
    // Parts that were there are lost, or nobody is left who would put them together.
    if (ledger.serverState(id) === "queued") this.#queue.addFirst([id]);
  }

  /** Has somebody had a file retried that had failed here for good? */
  #isRetried(id: number): boolean {
    const { ledger } = this.#options;
    const isWaitedFor = ledger.serverState(id) === "queued" && !ledger.localFailures.has(id);
    return this.#failed.has(id) && isWaitedFor;
  }

  /** Leaves out what has arrived, or was refused, since the request was planned. */
  async #deliver(request: PlannedRequest, signal: AbortSignal): Promise<UploadOutcomes> {
    const { ledger, deliver } = this.#options;
    const { files } = request;
    const wanted = files.filter((id) => this.#open.has(id) && needsUpload(ledger, id));
    const outcomes = new Map<number, UploadOutcome>(files.map((id) => [id, { kind: "done" }]));
    if (wanted.length === 0) return outcomes;
    const narrowed = wanted.length === files.length ? request : asRequest(wanted);
    void this.#awaitBandwidth(narrowed);
    const onSent = (sent: Sent) => this.#countSent(request, sent);
    return new Map([...outcomes, ...(await deliver(narrowed, { onSent, signal }))]);
  }

  /** Begins nothing new until the bandwidth has caught up with this request. */
  async #awaitBandwidth(request: PlannedRequest): Promise<void> {
    const { ledger, bandwidth, throttlesRequests } = this.#options;
    const { signal } = this.#stopping;
    if (!throttlesRequests || bandwidth.bytesPerSecond === null) return;
    bandwidth.spend(bytesOf(request, (id) => ledger.size(id)));
    this.hold("bandwidth");
    await bandwidth.take(0, signal).catch(() => undefined);
    this.release("bandwidth");
  }

  #countSent(request: PlannedRequest, sent: Sent): void {
    for (const [id, bytes] of sent) {
      if (request.kind === "part") this.#queue.largeFile(id)?.setSent(request.part, bytes);
      this.#options.ledger.setSent(id, this.#queue.largeFile(id)?.sentBytes ?? bytes);
    }
    this.#options.onChange(new Set(sent.keys()));
  }

  #settle(request: PlannedRequest, outcomes: UploadOutcomes): void {
    const later: number[] = [];
    const delays = new Map<number, number>();
    for (const [id, outcome] of outcomes) {
      if (outcome.kind === "fatal") return this.#fail(outcome.problem);
      if (!this.#open.has(id)) continue;
      if (outcome.kind === "later") later.push(id);
      else if (outcome.kind === "again") this.#again(request, id, outcome.problem, delays);
      else this.#settleFile(id, outcome);
    }
    this.#options.onChange(new Set(outcomes.keys()));
    if (later.length > 0) this.#pause(request, later);
    if (delays.size > 0) this.#retry(request, delays, [...outcomes.values()].some(asksToWait));
    if (this.idle) this.#options.onIdle();
  }

  #settleFile(
    id: number,
    outcome: Exclude<UploadOutcome, { kind: "again" | "later" | "fatal" }>,
  ): void {
    switch (outcome.kind) {
      case "done":
        return this.#close(id);
      case "refused":
        return this.#giveUp(id, outcome.problem.code);
      case "kept":
        this.#queue.partStored(id, outcome.part, outcome.isLast);
        return this.#recount(id);
      case "surveyed":
        this.#queue.partsListed(id, outcome.received, outcome.isIdle);
        return this.#recount(id);
    }
  }

  /** Notes in `delays` after how long to try again, or gives up. */
  #again(
    request: PlannedRequest,
    id: number,
    problem: ProblemError,
    delays: Map<number, number>,
  ): void {
    if (this.#options.ledger.isUploadDone(id)) return this.#close(id);
    const delay = this.#countFailure(request, id, problem);
    if (delay === null) return this.#giveUp(id, problem.code);
    this.#recount(id);
    delays.set(id, delay);
  }

  /** Each part has its own tries. */
  #countFailure(request: PlannedRequest, id: number, problem: ProblemError): number | null {
    const file = request.kind === "part" ? this.#queue.largeFile(id) : undefined;
    if (request.kind === "part" && file) return file.fail(request.part, problem);
    return this.#attempts.fail(id, problem);
  }

  #giveUp(id: number, code: ClientCode): void {
    const { ledger } = this.#options;
    ledger.setSent(id, this.#queue.largeFile(id)?.storedBytes ?? 0);
    ledger.setLocalFailure(id, code);
    this.#failed.add(id);
    this.#close(id);
  }

  /** Nothing more of the file is to be sent, and nothing that carries only such files goes on. */
  #close(id: number): void {
    this.#open.delete(id);
    this.#queue.remove(id);
    this.#limiter.abort(({ files }) => files.every((file) => !this.#open.has(file)));
  }

  /** What has gone out of the file is what its parts say; of a small one nothing, at first. */
  #recount(id: number): void {
    this.#options.ledger.setSent(id, this.#queue.largeFile(id)?.sentBytes ?? 0);
  }

  #pause(request: PlannedRequest, files: readonly number[]): void {
    this.hold("paused");
    this.#requeue(request, files);
    this.#options.onPaused();
  }

  /** Together, so that a bundle stays a bundle. */
  #retry(request: PlannedRequest, delays: ReadonlyMap<number, number>, isAsked: boolean): void {
    const delay = Math.max(...delays.values());
    if (isAsked) this.#rateLimitPause.begin(delay);
    const sendAgain = () => {
      this.#requeue(request, [...delays.keys()]);
      this.#limiter.fill();
    };
    this.#timers.schedule(delay, sendAgain, !isAsked);
  }

  /** The network is back: what it was to blame for is tried again at once, and with all tries. */
  #resetAttempts(): void {
    this.#attempts.reset();
    this.#queue.resetAttempts();
    this.#timers.runEarly();
  }

  #requeue(request: PlannedRequest, files: readonly number[]): void {
    const open = files.filter((id) => this.#open.has(id));
    if (request.kind === "part") this.#queue.putBack(request);
    else this.#queue.addFirst(open);
  }

  #fail(problem: ProblemError): void {
    this.stop();
    this.#options.onFatal(problem);
  }
}

/** Has the server said when to try again? */
function asksToWait(outcome: UploadOutcome): boolean {
  return outcome.kind === "again" && outcome.problem.retryAfter !== null;
}
