import { fetchResponse, foreignProblem } from "../api/request.ts";
import { ProblemError } from "../errors.ts";
import { anySignal } from "./any-signal.ts";
import { sleepUntilOnline, untilAborted, watchNetwork } from "./network.ts";

/**
 * A time without a connection to the server. Sending resumes by itself afterwards.
 *
 * | reason | meaning |
 * |---|---|
 * | `network` | no response arrives |
 * | `foreign` | a system in between responds in the server's place |
 * | `challenge` | a system in between wants to see a person: reloading the page shows its check |
 *
 * @example
 * uploader.on("outage", (outage: Outage | null) => {
 *   badge.textContent = outage && `Offline since ${new Date(outage.since).toLocaleTimeString()}`;
 * });
 */
export interface Outage {
  /** Milliseconds since 1970, by this device's clock. */
  since: number;
  reason: "network" | "foreign" | "challenge";
  /** One sentence for developers: how a request ended. */
  detail: string;
}

/** Longest time for the response to a check. */
const CHECK_MS = 5000;
/** Shortest pause between two checks during an outage; the longest is twice as long. */
const PAUSE_MS = 1000;

interface ReachabilityOptions {
  /** The server's origin. */
  endpoint: string;
  /** Ends all checks. */
  signal: AbortSignal;
  /** Called with each new outage, each new reason of it, and null once it is over. */
  onChange: (outage: Outage | null) => void;
}

/**
 * Finds out whether the server can be reached when a request has got no response of the server's, and
 * waits for the end of an outage. All requests of a view share it, so that one check serves them all.
 */
export class Reachability {
  readonly #options: ReachabilityOptions;
  /** The time in which checks fail. */
  #unreachable: Outage | null = null;
  /** Calls that something in between lets through no longer, although checks succeed. */
  readonly #blocked = new Map<object, Outage>();
  #reported: Outage | null = null;
  #checking: Promise<boolean> | null = null;
  /** Resolves when the outage is over. */
  #recovery: Promise<void> | null = null;

  constructor(options: ReachabilityOptions) {
    this.#options = options;
  }

  /** Null while the server can be reached, as far as known, by all calls. */
  get outage(): Outage | null {
    return this.#unreachable ?? this.#blocked.values().next().value ?? null;
  }

  /**
   * Returns whether the server can be reached. False begins an outage, which ends by itself.
   *
   * @param problem the reason to ask: a request without a connection (`isNoConnection`)
   */
  check(problem: ProblemError): Promise<boolean> {
    if (this.#recovery !== null) return Promise.resolve(false);
    this.#checking ??= this.#checkNow(problem).finally(() => (this.#checking = null));
    return this.#checking;
  }

  /** Resolves when no outage is known. Rejects with the signal's reason. */
  async whenReachable(signal: AbortSignal): Promise<void> {
    await untilAborted(this.#recovery ?? Promise.resolve(), signal);
  }

  /** Reports that a call gets no response although the server can be reached. */
  block(call: object, problem: ProblemError): void {
    const since = this.#blocked.get(call)?.since ?? Date.now();
    this.#blocked.set(call, outageOf(problem, since));
    this.#report();
  }

  /** Ends `block`. */
  unblock(call: object): void {
    if (this.#blocked.delete(call)) this.#report();
  }

  async #checkNow(problem: ProblemError): Promise<boolean> {
    const since = Date.now();
    const failure = await this.#probe();
    if (failure === null) return true;
    const cause = problem.isChallenge ? problem : failure;
    this.#recovery = this.#recover(since, cause).finally(() => {
      this.#recovery = null;
      this.#setUnreachable(null);
    });
    return false;
  }

  /** Checks until the server responds, or the view has ended. */
  async #recover(since: number, first: ProblemError): Promise<void> {
    const { signal } = this.#options;
    for (let failure: ProblemError | null = first; failure !== null;) {
      this.#setUnreachable(outageOf(failure, since));
      await sleepUntilOnline(PAUSE_MS * (1 + Math.random()), signal).catch(() => undefined);
      failure = signal.aborted ? null : await this.#probe();
    }
  }

  /** Returns why the server can't be reached; null if it responds. */
  async #probe(): Promise<ProblemError | null> {
    const { endpoint, signal } = this.#options;
    // A request from before the network was back may wait for its whole time.
    const restarting = new AbortController();
    watchNetwork("online", () => restarting.abort(), anySignal([signal, restarting.signal]));
    const ends = [signal, restarting.signal, AbortSignal.timeout(CHECK_MS)];
    const init: RequestInit = { cache: "no-store", signal: anySignal(ends) };
    try {
      const url = new URL("/v1/health", endpoint);
      return foreignProblem(await fetchResponse(url, restarting.signal, init));
    } catch (error) {
      if (restarting.signal.aborted && !signal.aborted) return await this.#probe();
      if (!(error instanceof ProblemError)) throw error;
      return error;
    } finally {
      restarting.abort();
    }
  }

  #setUnreachable(outage: Outage | null): void {
    this.#unreachable = outage;
    this.#report();
  }

  /** Calls `onChange` if the outage isn't the one that it was last called with. */
  #report(): void {
    const { outage } = this;
    const isSame =
      outage?.since === this.#reported?.since && outage?.reason === this.#reported?.reason;
    if (isSame || this.#options.signal.aborted) return;
    this.#reported = outage;
    this.#options.onChange(outage);
  }
}

/** Returns the outage in which requests end like this. */
function outageOf({ code, detail, isChallenge }: ProblemError, since: number): Outage {
  if (isChallenge) return { since, reason: "challenge", detail };
  return { since, reason: code === "foreign_response" ? "foreign" : "network", detail };
}
