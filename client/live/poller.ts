import type { Frame, Row } from "../../protocol/index.ts";
import type { BatchApi } from "../api/batch-api.ts";
import { ProblemError, type ClientProblem } from "../errors.ts";
import { backoff, probeDelay, rest } from "../api/retry.ts";
import { rowOf } from "../rows.ts";
import { sleep } from "../sleep.ts";

/** Seconds for which the server may hold an answer: below what proxies call idle. */
const WAIT_SECONDS = 25;
/** The least time between two polls: each is two requests or more, where a socket sends a frame. */
const PAUSE_MS = 500;

export interface PollerOptions {
  api: BatchApi;
  /** The rev up to which everything is known. */
  since: () => number;
  onFrame: (frame: Frame) => void;
  /** After each poll: did the server answer? */
  onPolled: (answered: boolean) => void;
  /** There is nothing to poll (any more); the poller has stopped. */
  onProblem: (problem: ClientProblem) => void;
}

/** Asks for news where no socket comes through, and tells it in frames as a socket would. */
export class Poller {
  readonly #options: PollerOptions;
  #polling: AbortController | null = null;

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
      // Held back by nothing at first, so that whoever has just come sees something.
      await this.#try(0, signal);
      for (;;) {
        await sleep(PAUSE_MS, signal);
        await this.#try(WAIT_SECONDS, signal);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ProblemError)) throw error;
      this.stop();
      this.#options.onProblem(error);
    }
  }

  /** One poll, made again for as long as the server cannot be reached. */
  async #try(wait: number, signal: AbortSignal): Promise<void> {
    for (let failures = 1; ; failures++) {
      try {
        // Whoever was out of reach wants to know at once, and not when something changes.
        await this.#poll(failures === 1 ? wait : 0, signal);
        return this.#options.onPolled(true);
      } catch (error) {
        if (!(error instanceof ProblemError) || !error.retryable) throw error;
        this.#options.onPolled(false);
        // Nothing is sent meanwhile.
        await rest(probeDelay(backoff(failures, error.retryAfter), error), error, signal);
      }
    }
  }

  async #poll(wait: number, signal: AbortSignal): Promise<void> {
    const since = this.#options.since();
    const batch = await this.#options.api.nextBatch(since, wait, signal);
    const files = batch.rev > since ? await this.#rowsSince(since) : [];
    signal.throwIfAborted();
    // The batch's rev, though the rows may be newer: what comes after it is asked for next time.
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
