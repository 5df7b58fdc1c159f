import { Attempts } from "./attempts.ts";
import { Backlog, type BacklogOptions } from "./request-queue.ts";
import type { DeliveryContext, Sent } from "./delivery.ts";
import { Lanes, type Hold } from "./concurrency.ts";
import { Naps } from "./retry-timers.ts";
import { asRequest, bytesOf, type PlannedRequest } from "./planner.ts";
import type { ClientCode, ProblemError } from "../errors.ts";
import { Rests } from "../api/rate-limit-pause.ts";
import type { Asked } from "../api/retry.ts";
import type { Verdict, Verdicts } from "./outcome.ts";
import { isWanted, recordedFailure } from "../predicates.ts";

export interface SenderOptions extends BacklogOptions {
  /** Is the pace kept by when requests begin, because what is begun goes as fast as it can? */
  pacesRequests: boolean;
  deliver: (
    request: PlannedRequest,
    context: Pick<DeliveryContext, "onSent" | "signal">,
  ) => Promise<Verdicts>;
  /** The ledger has changed for these files, by this client's doing. */
  onChange: (files: ReadonlySet<number>) => void;
  /** The server says that the batch is paused. */
  onPaused: () => void;
  onAsked: Asked;
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
  readonly #backlog: Backlog;
  readonly #lanes: Lanes<PlannedRequest>;
  readonly #open = new Set<number>();
  /** Files that failed, and of which nothing more is sent until somebody has them retried. */
  readonly #failed = new Set<number>();
  readonly #attempts = new Attempts();
  readonly #naps = new Naps();
  readonly #rests: Rests;
  readonly #stopping = new AbortController();

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#backlog = new Backlog(options);
    this.#lanes = new Lanes({
      count: options.lanes,
      next: () => this.#backlog.next(),
      run: async (request, signal) => this.#settle(request, await this.#deliver(request, signal)),
    });
    this.#rests = new Rests(this.#lanes, this.#naps, options.onAsked);
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
    this.#backlog.add(fresh);
    for (const id of fresh) this.#begin(id);
    this.#lanes.fill();
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
    const again = new Map<number, Verdict>();
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

  /** The pace has changed. */
  replan(): void {
    this.#backlog.replan();
  }

  /** Begins nothing new until released; what is in flight goes on. */
  hold(why: Hold): void {
    this.#lanes.hold(why);
  }

  release(why: Hold): void {
    // Also of an interruption that was over before anybody had noticed.
    if (why === "offline") this.#forgive();
    this.#lanes.release(why);
  }

  /** Sends nothing more, and aborts what is in flight. */
  stop(): void {
    this.#stopping.abort();
    this.#lanes.stop();
    this.#naps.clear();
    this.#backlog.clear();
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
    const isSent = this.#backlog.parted(id)?.isSent;
    if (ledger.serverState(id) === "cancelled") this.#close(id);
    if (isSent === undefined) return;
    // Of a small file, the answer to its request tells.
    if (!isWanted(ledger, id)) this.#close(id);
    if (!isSent) return;
    if (ledger.serverState(id) === "failed") this.#close(id);
    // Parts that were there are lost, or nobody is left who would put them together.
    if (ledger.serverState(id) === "queued") this.#backlog.addFirst([id]);
  }

  /** Has somebody had a file retried that had failed here for good? */
  #isRetried(id: number): boolean {
    const { ledger } = this.#options;
    const isWaitedFor = ledger.serverState(id) === "queued" && !ledger.localFailures.has(id);
    return this.#failed.has(id) && isWaitedFor;
  }

  /** Leaves out what has arrived, or was refused, since the request was planned. */
  async #deliver(request: PlannedRequest, signal: AbortSignal): Promise<Verdicts> {
    const { ledger, deliver } = this.#options;
    const { files } = request;
    const wanted = files.filter((id) => this.#open.has(id) && isWanted(ledger, id));
    const verdicts = new Map<number, Verdict>(files.map((id) => [id, { kind: "done" }]));
    if (wanted.length === 0) return verdicts;
    const narrowed = wanted.length === files.length ? request : asRequest(wanted);
    void this.#awaitPace(narrowed);
    const onSent = (sent: Sent) => this.#countSent(request, sent);
    return new Map([...verdicts, ...(await deliver(narrowed, { onSent, signal }))]);
  }

  /** Begins nothing new until the pace has caught up with this request. */
  async #awaitPace(request: PlannedRequest): Promise<void> {
    const { ledger, pace, pacesRequests } = this.#options;
    const { signal } = this.#stopping;
    if (!pacesRequests || pace.bytesPerSecond === null) return;
    pace.spend(bytesOf(request, (id) => ledger.size(id)));
    this.hold("pace");
    await pace.take(0, signal).catch(() => undefined);
    this.release("pace");
  }

  #countSent(request: PlannedRequest, sent: Sent): void {
    for (const [id, bytes] of sent) {
      if (request.kind === "part") this.#backlog.parted(id)?.setSent(request.part, bytes);
      this.#options.ledger.setSent(id, this.#backlog.parted(id)?.sentBytes ?? bytes);
    }
    this.#options.onChange(new Set(sent.keys()));
  }

  #settle(request: PlannedRequest, verdicts: Verdicts): void {
    const later: number[] = [];
    const delays = new Map<number, number>();
    for (const [id, verdict] of verdicts) {
      if (verdict.kind === "fatal") return this.#fail(verdict.problem);
      if (!this.#open.has(id)) continue;
      if (verdict.kind === "later") later.push(id);
      else if (verdict.kind === "again") this.#again(request, id, verdict.problem, delays);
      else this.#settleFile(id, verdict);
    }
    this.#options.onChange(new Set(verdicts.keys()));
    if (later.length > 0) this.#pause(request, later);
    if (delays.size > 0) this.#retry(request, delays, [...verdicts.values()].some(asksToWait));
    if (this.idle) this.#options.onIdle();
  }

  #settleFile(id: number, verdict: Exclude<Verdict, { kind: "again" | "later" | "fatal" }>): void {
    switch (verdict.kind) {
      case "done":
        return this.#close(id);
      case "refused":
        return this.#giveUp(id, verdict.problem.code);
      case "kept":
        this.#backlog.keep(id, verdict.part, verdict.isLast);
        return this.#recount(id);
      case "surveyed":
        this.#backlog.learn(id, verdict.received, verdict.isIdle);
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
    const parted = request.kind === "part" ? this.#backlog.parted(id) : undefined;
    if (request.kind === "part" && parted) return parted.fail(request.part, problem);
    return this.#attempts.fail(id, problem);
  }

  #giveUp(id: number, code: ClientCode): void {
    const { ledger } = this.#options;
    ledger.setSent(id, this.#backlog.parted(id)?.storedBytes ?? 0);
    ledger.setLocalFailure(id, code);
    this.#failed.add(id);
    this.#close(id);
  }

  /** Nothing more of the file is to be sent, and nothing that carries only such files goes on. */
  #close(id: number): void {
    this.#open.delete(id);
    this.#backlog.remove(id);
    this.#lanes.abort(({ files }) => files.every((file) => !this.#open.has(file)));
  }

  /** What has gone out of the file is what its parts say; of a small one nothing, at first. */
  #recount(id: number): void {
    this.#options.ledger.setSent(id, this.#backlog.parted(id)?.sentBytes ?? 0);
  }

  #pause(request: PlannedRequest, files: readonly number[]): void {
    this.hold("paused");
    this.#requeue(request, files);
    this.#options.onPaused();
  }

  /** Together, so that a bundle stays a bundle. */
  #retry(request: PlannedRequest, delays: ReadonlyMap<number, number>, isAsked: boolean): void {
    const delay = Math.max(...delays.values());
    if (isAsked) this.#rests.begin(delay);
    const sendAgain = () => {
      this.#requeue(request, [...delays.keys()]);
      this.#lanes.fill();
    };
    this.#naps.after(delay, sendAgain, !isAsked);
  }

  /** The network is back: what it was to blame for is tried again at once, and with all tries. */
  #forgive(): void {
    this.#attempts.forgive();
    this.#backlog.forgive();
    this.#naps.wake();
  }

  #requeue(request: PlannedRequest, files: readonly number[]): void {
    const open = files.filter((id) => this.#open.has(id));
    if (request.kind === "part") this.#backlog.putBack(request);
    else this.#backlog.addFirst(open);
  }

  #fail(problem: ProblemError): void {
    this.stop();
    this.#options.onFatal(problem);
  }
}

/** Has the server said when to try again? */
function asksToWait(verdict: Verdict): boolean {
  return verdict.kind === "again" && verdict.problem.retryAfter !== null;
}
