import type { CreatedBatch, FileDeclaration } from "../protocol/index.ts";
import { BatchApi, createBatch } from "./api/batch-api.ts";
import { CallRecovery } from "./api/call-recovery.ts";
import { getGrant } from "./api/grant.ts";
import type { OnRateLimited } from "./api/retry.ts";
import { timedOut } from "./errors.ts";
import { anySignal } from "./transport/any-signal.ts";
import { sleep, untilAborted } from "./transport/network.ts";
import type { Reachability } from "./transport/reachability.ts";
import type { UploaderOptions } from "./uploader-options.ts";

/** Time between two checks of a server that a cancelled creation waits for. */
const CHECK_MS = 1000;

/** The calls before a batch exists. They can be cancelled, also while the server can't be reached. */
export class Creation {
  /** Aborted once the creation is cancelled. */
  readonly signal: AbortSignal;
  readonly #reachability: Reachability;
  readonly #disposal: AbortSignal;
  readonly #cancelling = new AbortController();
  /** Ends the call, which may go on for a while after the creation is cancelled. */
  readonly #ending = new AbortController();
  readonly #callSignal: AbortSignal;
  /** The call in flight that creates the batch. Resolves with the batch's calls; null if it failed. */
  #call: Promise<BatchApi | null> | null = null;

  /** @param disposal aborts the creation, too */
  constructor(reachability: Reachability, disposal: AbortSignal) {
    this.#reachability = reachability;
    this.#disposal = disposal;
    this.signal = anySignal([disposal, this.#cancelling.signal]);
    this.#callSignal = anySignal([disposal, this.#ending.signal]);
  }

  /** True if no batch will be created any more. */
  get isCancelled(): boolean {
    return this.#cancelling.signal.aborted;
  }

  /** Creates the batch with its first files. @throws the signal's reason as soon as it is cancelled */
  async create(
    options: UploaderOptions,
    files: readonly FileDeclaration[],
    onRateLimited: OnRateLimited,
  ): Promise<CreatedBatch> {
    this.signal.throwIfAborted();
    const token = await getGrant(options.grant, this.#reachability, this.signal);
    const { endpoint } = options;
    const signal = this.#callSignal;
    const recovery = new CallRecovery(this.#reachability, signal);
    const call = createBatch(endpoint, token, bodyOf(options, files), {
      signal,
      recovery,
      onRateLimited,
    });
    this.#call = call.then(
      (created) => this.#apiOf(endpoint, created),
      () => null,
    );
    try {
      return await untilAborted(call, this.signal);
    } finally {
      if (!this.isCancelled) this.#call = null;
    }
  }

  /**
   * Ends the creation, for good. A call that the server may be carrying out goes on while the server can
   * be reached, and the batch that it creates is cancelled there.
   *
   * @throws ProblemError if cancelling that batch failed
   */
  async cancel(): Promise<void> {
    this.#cancelling.abort();
    const call = this.#call;
    if (call === null) return;
    const over = call.then(() => true);
    while (await this.#isReachable()) if (await Promise.race([over, this.#pause()])) break;
    this.#ending.abort();
    await (await call)?.cancel();
  }

  #apiOf(endpoint: string, { id, tokens }: CreatedBatch): BatchApi {
    const access = { ...tokens, token: tokens.write, reachability: this.#reachability };
    return new BatchApi(endpoint, id, access, this.#disposal);
  }

  async #isReachable(): Promise<boolean> {
    if (this.#callSignal.aborted || this.#reachability.outage !== null) return false;
    return this.#reachability.check(timedOut("The server didn't respond."));
  }

  async #pause(): Promise<false> {
    await sleep(CHECK_MS, this.#callSignal).catch(() => undefined);
    return false;
  }
}

function bodyOf(
  { metadata, location, keepDays }: UploaderOptions,
  files: readonly FileDeclaration[],
) {
  return {
    files,
    ...(metadata && { metadata }),
    ...(location && { location }),
    ...(keepDays !== undefined && { keepDays }),
  };
}
