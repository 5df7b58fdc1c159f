import type { ClientCode, ProblemError } from "../errors.ts";
import type { Ledger } from "../ledger.ts";
import type { Reachability } from "../transport/reachability.ts";
import type { BodyLimit } from "./body-limit.ts";
import type { ConcurrencyLimiter } from "./concurrency.ts";
import { bytesOf, type PlannedRequest, repeatOf, without } from "./planner.ts";
import type { RequestQueue } from "./request-queue.ts";
import type { RetryTimers } from "./retry-timers.ts";
import { areUploadsBlocked, isTooLong, judge, type Strikes } from "./strikes.ts";

interface UnansweredRequestsOptions {
  ledger: Pick<Ledger, "size">;
  bodyLimit: BodyLimit;
  queue: RequestQueue;
  limiter: Pick<ConcurrencyLimiter<PlannedRequest>, "fill" | "pause" | "resume">;
  timers: RetryTimers;
  reachability: Pick<Reachability, "check" | "whenReachable" | "block" | "unblock">;
  /** Returns the files of a request that can't be read from end to end. */
  filesDamaged: (request: PlannedRequest) => Promise<readonly number[]>;
  /** True for a file that is still to be sent. */
  isOpen: (id: number) => boolean;
  /** Sends a file no more. */
  fail: (id: number, code: ClientCode) => void;
  /** Aborts when nothing more is sent. */
  signal: AbortSignal;
}

/**
 * Requests that got no response of the server's. That says nothing about their files: during an outage
 * they wait, and no try is used up. While the server can be reached, a request is repeated and split until
 * the file is alone that a system in between refuses or that can't be read. Only that file fails.
 */
export class UnansweredRequests {
  readonly #options: UnansweredRequestsOptions;
  #respondedAt = Number.NEGATIVE_INFINITY;

  constructor(options: UnansweredRequestsOptions) {
    this.#options = options;
  }

  /** Records that the server has responded to a request: uploads aren't blocked. */
  responded(): void {
    this.#respondedAt = performance.now();
    this.#options.reachability.unblock(this);
  }

  /** Decides what happens to the request. */
  async add(request: PlannedRequest, problem: ProblemError): Promise<void> {
    const { reachability, bodyLimit, signal } = this.#options;
    const isReachable = await reachability.check(problem);
    if (signal.aborted) return;
    if (!isReachable) return this.#waitOut(request);
    if (isTooLong(problem) && bodyLimit.refuse(this.#bytesOf(request)))
      return this.shorten(request);
    if (problem.code === "connection_failed" && (await this.#dropDamaged(request))) return;
    this.#strike(request, problem);
  }

  /** Sends the files of a request in shorter ones, because the network refuses one of this length. */
  shorten(request: PlannedRequest): void {
    const { queue, limiter, bodyLimit } = this.#options;
    if (request.kind === "bundle") queue.addFirst(this.#openOf(request));
    else {
      bodyLimit.countRefusedFile();
      this.#fail(request, "network_limit");
    }
    limiter.fill();
  }

  /** Puts the request back, and sends nothing until the outage is over. */
  async #waitOut(request: PlannedRequest): Promise<void> {
    const { limiter, timers, reachability, signal } = this.#options;
    limiter.pause("offline");
    this.#putBack(request, request.strikes);
    await reachability.whenReachable(signal).catch(() => undefined);
    if (signal.aborted) return;
    timers.runEarly();
    limiter.resume("offline");
  }

  #strike(request: PlannedRequest, problem: ProblemError): void {
    const { reachability, timers } = this.#options;
    const times = { now: performance.now(), respondedAt: this.#respondedAt };
    const verdict = judge(problem, request, times);
    if (verdict.kind === "refused") {
      reachability.unblock(this);
      return this.#fail(request, "refused_in_between");
    }
    const { strikes } = verdict;
    if (verdict.kind === "split") return this.#split(request, problem, verdict);
    if (areUploadsBlocked(problem, strikes, times)) reachability.block(this, problem);
    timers.schedule(verdict.delay, () => this.#putBack(request, strikes), true);
  }

  #fail(request: PlannedRequest, code: ClientCode): void {
    for (const id of this.#openOf(request)) this.#options.fail(id, code);
  }

  #split(
    request: PlannedRequest,
    { isTimeout }: ProblemError,
    { count, strikes }: { count: number; strikes: Strikes },
  ): void {
    const { queue, limiter, bodyLimit } = this.#options;
    const bytes = this.#bytesOf(request);
    // A time-out is the fault of a slow line rather than of the length.
    const onArrived = isTimeout ? undefined : () => bodyLimit.suspect(bytes);
    queue.split(this.#openOf(request), count, strikes, onArrived);
    limiter.fill();
  }

  /** Returns true if files of the request couldn't be read: the others are sent again at once. */
  async #dropDamaged(request: PlannedRequest): Promise<boolean> {
    const { filesDamaged, fail, signal } = this.#options;
    const rest = this.#withoutClosed(request);
    const damaged = rest ? await filesDamaged(rest) : [];
    if (signal.aborted) return true;
    for (const id of damaged) fail(id, "file_unreadable");
    if (damaged.length > 0) this.#putBack(request, request.strikes);
    return damaged.length > 0;
  }

  #putBack(request: PlannedRequest, strikes: Strikes | undefined): void {
    const { queue, limiter } = this.#options;
    const rest = this.#withoutClosed(request);
    if (rest === null) return;
    queue.putBack(repeatOf(rest, strikes));
    limiter.fill();
  }

  #withoutClosed(request: PlannedRequest): PlannedRequest | null {
    return without(
      request,
      request.files.filter((id) => !this.#options.isOpen(id)),
    );
  }

  #bytesOf(request: PlannedRequest): number {
    return bytesOf(request, (id) => this.#options.ledger.size(id));
  }

  #openOf({ files }: PlannedRequest): readonly number[] {
    return files.filter((id) => this.#options.isOpen(id));
  }
}
