import type { Frame, Row } from "../../protocol/index.ts";
import type { BatchApi } from "../api/batch-api.ts";
import { CallRecovery } from "../api/call-recovery.ts";
import { backoff, retry } from "../api/retry.ts";
import { isFatal, ProblemError } from "../errors.ts";
import { rowOf } from "../ledger.ts";
import { sleep } from "../transport/network.ts";
import type { Reachability } from "../transport/reachability.ts";

/** Seconds for which the server may hold a response: shorter than proxies' idle timeouts. */
const WAIT_SECONDS = 25;
/** Shortest pause between two polls: each costs two requests or more, where a socket sends a frame. */
const PAUSE_MS = 500;
/** The same of a batch that is over, for which the server doesn't wait: only a retry changes it. */
const PAUSE_WHEN_OVER_MS = 15_000;

/** Whether the server responded to a poll or, if not, whether it can be reached at all. */
export type PollResult = "responded" | "blocked" | "unreachable";

export interface PollerOptions {
  api: BatchApi;
  reachability: Reachability;
  /** Returns the rev up to which every change is known. */
  since: () => number;
  onFrame: (frame: Frame) => void;
  onPolled: (result: PollResult) => void;
  /** Called when polling can't go on, such as for a deleted batch; the poller has stopped. */
  onProblem: (problem: ProblemError) => void;
}

/** Polls a batch where no socket gets through, and reports changes as the frames of a socket. */
export class Poller {
  readonly #options: PollerOptions;
  #polling: AbortController | null = null;
  #pauseMs = PAUSE_MS;

  constructor(options: PollerOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#polling !== null) return;
    this.#polling = new AbortController();
    void this.#run(this.#polling.signal);
  }

  stop(): void {
    this.#polling?.abort();
    this.#polling = null;
  }

  async #run(signal: AbortSignal): Promise<void> {
    try {
      // The first poll doesn't wait for a change, so that a new viewer sees the batch at once.
      await this.#pollOnce(0, signal);
      for (;;) {
        await sleep(this.#pauseMs, signal);
        await this.#pollOnce(WAIT_SECONDS, signal);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ProblemError)) throw error;
      this.stop();
      this.#options.onProblem(error);
    }
  }

  /** Polls until the server responds with the batch. Only a problem of the whole batch ends that. */
  async #pollOnce(wait: number, signal: AbortSignal): Promise<void> {
    const { reachability, onPolled } = this.#options;
    let failures = 0;
    const fail = (problem: ProblemError): number | null => {
      if (isFatal(problem.code)) return null;
      onPolled("responded");
      return backoff(++failures, problem);
    };
    const onEnd = (isReachable: boolean): void => {
      failures++;
      onPolled(isReachable ? "blocked" : "unreachable");
    };
    const recovery = new CallRecovery(reachability, signal, { onEnd, heldMs: wait * 1000 });
    // After a failure the server responds at once: its return is news.
    const poll = (attempt: AbortSignal) => this.#poll(failures === 0 ? wait : 0, attempt);
    await retry(poll, { signal, policy: { fail }, recovery });
    onPolled("responded");
  }

  async #poll(wait: number, signal: AbortSignal): Promise<void> {
    const since = this.#options.since();
    const batch = await this.#options.api.nextBatch(since, wait, signal);
    const files = batch.rev > since ? await this.#rowsSince(since) : [];
    signal.throwIfAborted();
    const isOver = batch.state === "completed" || batch.state === "cancelled";
    this.#pauseMs = isOver ? PAUSE_WHEN_OVER_MS : PAUSE_MS;
    // The batch's rev, though the rows may be newer: the next poll asks for everything after it.
    this.#options.onFrame({ event: "snapshot", rev: batch.rev, batch, files, more: false });
  }

  async #rowsSince(since: number): Promise<Row[]> {
    const rows: Row[] = [];
    for (let after: number | null | undefined; after !== null;) {
      const page = await this.#options.api.files(after ?? null, since);
      rows.push(...page.files.map(rowOf));
      after = page.next;
    }
    return rows;
  }
}
