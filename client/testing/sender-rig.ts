import { LIMITS } from "../../protocol/index.ts";
import { BatchApi } from "../api/batch-api.ts";
import { ProblemError, type ClientCode } from "../errors.ts";
import { Ledger } from "../ledger.ts";
import { TokenBucket } from "../send/bandwidth.ts";
import { PartDigests } from "../send/part-digests.ts";
import { RequestQueue } from "../send/request-queue.ts";
import { Sender } from "../send/sender.ts";
import { sendPlanned } from "../send/upload-request.ts";
import { ScriptedServer, type Script } from "./scripted-server.ts";

/** A sender of some files, and the server that it sends them to. */
export class SenderRig {
  readonly server: ScriptedServer;
  readonly ledger = new Ledger();
  readonly bandwidth = new TokenBucket();
  readonly sender: Sender;
  /** How often the server said that the batch is paused. */
  paused = 0;
  /** Milliseconds of each rate limit; null when one was over. */
  readonly rateLimits: (number | null)[] = [];
  /** Codes of problems that ended sending. */
  readonly fatal: ClientCode[] = [];
  /** Sent bytes of all files after each change. */
  readonly sent: number[] = [];
  readonly #blobs: readonly Blob[];

  private constructor(server: ScriptedServer, blobs: readonly Blob[], delaysRequests: boolean) {
    this.server = server;
    this.#blobs = blobs;
    this.ledger.declare(
      blobs.map(({ size }, id) => ({ name: `${id}`, path: null, size, type: "" })),
      1,
    );
    this.sender = this.#makeSender(delaysRequests);
  }

  /**
   * Declares the files and starts the server. Nothing is sent yet.
   *
   * @param options.delaysRequests limit the bandwidth as in a browser, where bodies can't be throttled
   */
  static async start(
    blobs: readonly Blob[],
    script: Script,
    { delaysRequests = false } = {},
  ): Promise<SenderRig> {
    return new SenderRig(await ScriptedServer.start(script), blobs, delaysRequests);
  }

  stop(): void {
    this.sender.stop();
    this.server.stop();
  }

  sendAll(): void {
    this.sender.send([...this.#blobs.keys()]);
  }

  #makeSender(delaysRequests: boolean): Sender {
    const { ledger, bandwidth } = this;
    const api = new BatchApi(this.server.origin, "b", "token", new AbortController().signal);
    const contentOf = (id: number) => this.#blobs[id] ?? new Blob();
    const bodyBandwidth = delaysRequests ? new TokenBucket() : bandwidth;
    const digests = new PartDigests(contentOf);
    const context = { api, ledger, contentOf, digests, bandwidth: bodyBandwidth };
    // Small limits, so that bundles carry no megabytes.
    const limits = { ...LIMITS, bundleBytes: 1000, fileBytes: 6_000_000 };
    const shared = { ledger, limits, concurrency: 4, bandwidth };
    return new Sender({
      ...shared,
      queue: new RequestQueue({ ...shared, onUpcoming: (parts) => digests.prepare(parts) }),
      delaysRequests,
      sendPlanned: (request, options) => sendPlanned(request, context, options),
      events: {
        onProgress: () => this.sent.push(ledger.sentBytesTotal),
        onRateLimited: (ms) => this.rateLimits.push(ms),
        onIdle: () => {},
        onError: (error) => this.fatal.push(codeOf(error)),
      },
      onPaused: () => void this.paused++,
    });
  }
}

function codeOf(error: unknown): ClientCode {
  if (error instanceof ProblemError) return error.code;
  throw error;
}

/** Files of these sizes, all zeros. */
export function blobsOf(...sizes: number[]): Blob[] {
  return sizes.map((size) => new Blob([new Uint8Array(size)]));
}
