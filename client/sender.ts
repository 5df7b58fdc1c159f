import type { Limits } from "../protocol/index.ts";
import { Attempts } from "./attempts.ts";
import type { Ledger } from "./ledger.ts";
import { asRequest, plan, type PlannedRequest } from "./planner.ts";
import type { ClientCode, ProblemError } from "./problems.ts";
import { sleep } from "./retry.ts";
import type { Verdict, Verdicts } from "./verdict.ts";
import { isWanted, recordedFailure } from "./wanted.ts";

/** Why nothing new is sent at the moment. */
export type Hold = "paused" | "offline" | "unwatched";

export interface SenderOptions {
  ledger: Ledger;
  limits: Limits;
  /** Requests in flight at a time. */
  lanes: number;
  deliver: (request: PlannedRequest, signal: AbortSignal) => Promise<Verdicts>;
  /** The ledger has changed for these files, by this client's doing. */
  onChange: (files: ReadonlySet<number>) => void;
  /** The server says that the batch is paused. */
  onPaused: () => void;
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
  readonly #stopping = new AbortController();
  readonly #open = new Set<number>();
  readonly #attempts = new Attempts();
  readonly #holds = new Set<Hold>();
  #queue: PlannedRequest[] = [];
  #inFlight = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Is nothing left to send? */
  get idle(): boolean {
    return this.#open.size === 0;
  }

  /** Sends these files, from their first byte and with all their tries before them. */
  send(files: readonly number[]): void {
    const { ledger, limits } = this.#options;
    // The server refuses a file above its limit when it is declared: nothing is to be sent.
    const takes = (id: number) => !this.#open.has(id) && ledger.size(id) <= limits.fileBytes;
    const fresh = files.filter(takes);
    for (const id of fresh) this.#begin(id);
    this.#queue.push(...this.#plan(fresh));
    this.#pump();
  }

  /** Sends again those of these files that arrived and then failed, where it is worth it. */
  sendFailedAgain(files: Iterable<number>): void {
    const verdicts = new Map<number, Verdict>();
    for (const id of files) {
      const problem = this.#open.has(id) ? null : recordedFailure(this.#options.ledger, id);
      if (problem === null || !this.#attempts.hasLeft(id, problem)) continue;
      this.#open.add(id);
      verdicts.set(id, { kind: "again", problem });
    }
    if (verdicts.size > 0) this.#settle(verdicts);
  }

  hold(why: Hold): void {
    this.#holds.add(why);
  }

  release(why: Hold): void {
    this.#holds.delete(why);
    this.#pump();
  }

  /** Sends nothing more, and aborts what is in flight. */
  stop(): void {
    this.#stopping.abort();
    this.#queue = [];
    this.#open.clear();
  }

  #begin(id: number): void {
    this.#open.add(id);
    this.#attempts.forget(id);
    this.#options.ledger.takeUp(id);
    this.#options.ledger.setSent(id, 0);
  }

  #plan(files: readonly number[]): readonly PlannedRequest[] {
    const { ledger, limits, lanes } = this.#options;
    const waiting = files.map((id) => ({ id, size: ledger.size(id) }));
    return plan(waiting, limits, lanes);
  }

  #pump(): void {
    while (this.#inFlight < this.#options.lanes && this.#holds.size === 0) {
      const request = this.#queue.shift();
      if (request === undefined) return;
      void this.#run(request);
    }
  }

  async #run(request: PlannedRequest): Promise<void> {
    const { signal } = this.#stopping;
    this.#inFlight++;
    try {
      this.#settle(await this.#deliver(request, signal));
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#inFlight--;
      this.#pump();
    }
  }

  /** Leaves out what has arrived, or was refused, since the request was planned. */
  async #deliver({ files }: PlannedRequest, signal: AbortSignal): Promise<Verdicts> {
    const wanted = files.filter((id) => isWanted(this.#options.ledger, id));
    const verdicts = new Map<number, Verdict>(files.map((id) => [id, { kind: "done" }]));
    if (wanted.length === 0) return verdicts;
    const delivered = await this.#options.deliver(asRequest(wanted), signal);
    return new Map([...verdicts, ...delivered]);
  }

  #settle(verdicts: Verdicts): void {
    const later: number[] = [];
    const delays = new Map<number, number>();
    for (const [id, verdict] of verdicts) {
      if (verdict.kind === "fatal") return this.#fail(verdict.problem);
      if (verdict.kind === "done") this.#open.delete(id);
      if (verdict.kind === "later") later.push(id);
      if (verdict.kind === "refused") this.#giveUp(id, verdict.problem.code);
      if (verdict.kind === "again") this.#again(id, verdict.problem, delays);
    }
    this.#options.onChange(new Set(verdicts.keys()));
    if (later.length > 0) this.#pause(later);
    if (delays.size > 0) void this.#retry(delays);
    if (this.idle) this.#options.onIdle();
  }

  /** Notes in `delays` after how long to try again, or gives up. */
  #again(id: number, problem: ProblemError, delays: Map<number, number>): void {
    const { ledger } = this.#options;
    if (ledger.hasArrived(id)) return void this.#open.delete(id);
    const delay = this.#attempts.fail(id, problem);
    if (delay === null) return this.#giveUp(id, problem.code);
    ledger.setSent(id, 0);
    delays.set(id, delay);
  }

  #giveUp(id: number, code: ClientCode): void {
    this.#options.ledger.setSent(id, 0);
    this.#options.ledger.giveUp(id, code);
    this.#open.delete(id);
  }

  #pause(files: readonly number[]): void {
    this.hold("paused");
    this.#queue.unshift(...this.#plan(files));
    this.#options.onPaused();
  }

  /** Together, so that a bundle stays a bundle. */
  async #retry(delays: ReadonlyMap<number, number>): Promise<void> {
    const { signal } = this.#stopping;
    try {
      await sleep(Math.max(...delays.values()), signal);
      this.#queue.unshift(...this.#plan([...delays.keys()]));
      this.#pump();
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #fail(problem: ProblemError): void {
    this.stop();
    this.#options.onFatal(problem);
  }
}
