import type { CreatedBatch, FileDeclaration } from "../protocol/index.ts";
import { createBatch } from "./api/batch-api.ts";
import { CallRecovery } from "./api/call-recovery.ts";
import { getGrant } from "./api/grant.ts";
import type { OnRateLimited } from "./api/retry.ts";
import { timedOut } from "./errors.ts";
import { anySignal } from "./transport/any-signal.ts";
import { sleep } from "./transport/network.ts";
import type { Reachability } from "./transport/reachability.ts";
import type { UploaderOptions } from "./uploader-options.ts";

/** Time between two checks of a server that a cancelled creation waits for. */
const CHECK_MS = 1000;

/** The calls before a batch exists. They can be cancelled, also while the server can't be reached. */
export class Creation {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #reachability: Reachability;
  #isSent = false;
  #isCancelled = false;

  /** @param signal aborts the creation, too */
  constructor(reachability: Reachability, signal: AbortSignal) {
    this.#reachability = reachability;
    this.signal = anySignal([signal, this.#controller.signal]);
  }

  /** Creates the batch with its first files. */
  async create(
    { endpoint, grant, metadata, location, keepDays }: UploaderOptions,
    files: readonly FileDeclaration[],
    onRateLimited: OnRateLimited,
  ): Promise<CreatedBatch> {
    const body = {
      files,
      ...(metadata && { metadata }),
      ...(location && { location }),
      ...(keepDays !== undefined && { keepDays }),
    };
    const { signal } = this;
    const token = await getGrant(grant, this.#reachability, signal);
    const recovery = new CallRecovery(this.#reachability, signal);
    const options = { signal, recovery, onRateLimited };
    return this.#run(() => createBatch(endpoint, token, body, options));
  }

  async #run<Result>(create: () => Promise<Result>): Promise<Result> {
    this.signal.throwIfAborted();
    this.#isSent = true;
    try {
      return await create();
    } catch (error) {
      if (this.#isCancelled) this.#controller.abort();
      throw error;
    } finally {
      this.#isSent = false;
    }
  }

  /**
   * Ends the creation, for good. A call that the server may be carrying out goes on while the server can
   * be reached: a batch that it has created must be cancelled there.
   */
  async cancel(): Promise<void> {
    this.#isCancelled = true;
    while (this.#isSent && (await this.#isReachable()))
      await sleep(CHECK_MS, this.signal).catch(() => undefined);
    this.#controller.abort();
  }

  async #isReachable(): Promise<boolean> {
    if (this.signal.aborted || this.#reachability.outage !== null) return false;
    return this.#reachability.check(timedOut("The server didn't respond."));
  }
}
