import { isSettled, type BatchState, type Limits } from "../../protocol/index.ts";
import type { BatchApi } from "../api/batch-api.ts";
import { deliver } from "./delivery.ts";
import type { PauseReason } from "./concurrency.ts";
import type { Ledger } from "../ledger.ts";
import type { ConnectionState } from "../live/live.ts";
import type { TokenBucket } from "./bandwidth.ts";
import { PartDigests } from "./part-digests.ts";
import { Sender, type SenderOptions } from "./sender.ts";
import { limitsBandwidth } from "#transport";
import { needsUpload, recordedFailure } from "../predicates.ts";

export interface OutboxOptions extends Pick<
  SenderOptions,
  "concurrency" | "onChange" | "onPaused" | "onRateLimited" | "onIdle" | "onFatal"
> {
  api: BatchApi;
  ledger: Ledger;
  limits: Limits;
  bandwidth: TokenBucket;
}

/** How long sending waits for the live events. */
const EVENTS_WAIT_MS = 1000;
/** Calls at a time that each call a file off. */
const CANCELLATIONS = 4;

/** The files of one batch that are still to be sent, or may have to be sent again. */
export class Outbox {
  readonly #api: BatchApi;
  readonly #blobs = new Map<number, Blob>();
  readonly #ledger: Ledger;
  readonly #sender: Sender;

  constructor({ api, ...options }: OutboxOptions) {
    const { ledger, bandwidth } = options;
    const blobOf = (id: number) => this.#blobOf(id);
    const digests = new PartDigests(blobOf);
    const source = { api, ledger, bandwidth, blobOf, digests };
    this.#api = api;
    this.#ledger = ledger;
    this.#sender = new Sender({
      ...options,
      throttlesRequests: !limitsBandwidth,
      onUpcoming: (parts) => digests.prepare(parts),
      deliver: (request, context) => deliver(request, { ...source, ...context }),
    });
  }

  /** Is nothing left to send? */
  get idle(): boolean {
    return this.#sender.idle;
  }

  /** A file's content, while it may have to be sent. */
  contentOf(id: number): Blob | undefined {
    return this.#blobs.get(id);
  }

  /** Sends files, or what the server does not have of them; their content, by id. */
  supply(files: ReadonlyMap<number, Blob>): void {
    const wanted = [...files].filter(([id]) => needsUpload(this.#ledger, id));
    for (const [id, blob] of wanted) this.#blobs.set(id, blob);
    this.#sender.send(wanted.map(([id]) => id));
  }

  /** Sends those of the files, or of all files, that failed and are worth it; answers their ids. */
  retry(files: Iterable<number> = this.#blobs.keys()): readonly number[] {
    const failed = [...files].filter((id) => this.#isWorthRetrying(id));
    this.#sender.send(failed);
    return failed;
  }

  /**
   * Calls files off. What the server could not be told goes on.
   *
   * @throws ProblemError
   */
  async cancel(files: readonly number[]): Promise<void> {
    const unsettled = files.filter((id) => !isSettled(this.#ledger.serverState(id)));
    const left = unsettled.values();
    const unknown = new Set(this.#sender.drop(unsettled));
    const cancelSome = async () => {
      for (const id of left) {
        await this.#api.cancelFile(id);
        unknown.delete(id);
      }
    };
    try {
      await Promise.all(Array.from({ length: CANCELLATIONS }, cancelSome));
    } finally {
      this.#sender.send([...unknown]);
    }
  }

  /** The ledger has news of these files. */
  follow(files: ReadonlySet<number>): void {
    // What becomes of a file whose content is elsewhere is for others to see to.
    this.#sender.follow([...files].filter((id) => this.#blobs.has(id)));
    for (const id of files) {
      // What has arrived for good is let go of, so that its memory is too.
      const state = this.#ledger.serverState(id);
      if (state === "completed" || state === "cancelled") this.#blobs.delete(id);
    }
  }

  followBatch(state: BatchState): void {
    if (state === "paused") this.#sender.hold("paused");
    else this.#sender.release("paused");
    if (state === "cancelled") this.#sender.stop();
  }

  /** The bandwidth has changed. */
  replan(): void {
    this.#sender.replan();
  }

  /** Begins nothing new until released; what is in flight goes on. */
  hold(why: PauseReason): void {
    this.#sender.hold(why);
  }

  release(why: PauseReason): void {
    this.#sender.release(why);
  }

  /**
   * Waits a moment for the live events before it sends: what is done before they are here is only
   * seen done, and small files are done at once.
   */
  awaitEvents(): void {
    this.#sender.hold("connecting");
    setTimeout(() => this.#sender.release("connecting"), EVENTS_WAIT_MS);
  }

  followConnection(connection: ConnectionState): void {
    if (connection === "connecting") return;
    this.#sender.release("connecting");
    // What is sent into a dead network would only use up its tries.
    if (connection === "offline") this.#sender.hold("offline");
    else this.#sender.release("offline");
  }

  /** Sends nothing more. */
  stop(): void {
    this.#sender.stop();
  }

  #blobOf(id: number): Blob {
    const blob = this.#blobs.get(id);
    if (blob === undefined) throw new RangeError(`File ${id} is not, or no longer, to be sent.`);
    return blob;
  }

  #isWorthRetrying(id: number): boolean {
    if (this.#ledger.localFailures.has(id)) return true;
    return this.#blobs.has(id) && recordedFailure(this.#ledger, id)?.retryable === true;
  }
}
