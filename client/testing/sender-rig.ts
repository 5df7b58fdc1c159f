import { LIMITS } from "../../protocol/index.ts";
import { BatchApi } from "../api/batch-api.ts";
import { ProblemError, type ClientCode } from "../errors.ts";
import { Ledger } from "../ledger.ts";
import { TokenBucket } from "../send/bandwidth.ts";
import { SentParts } from "../send/digest-check.ts";
import { FlowControl } from "../send/flow-control.ts";
import { PartDigests } from "../send/part-digests.ts";
import { RequestQueue } from "../send/request-queue.ts";
import { BodyLimit } from "../send/body-limit.ts";
import { Sender } from "../send/sender.ts";
import { filesDamaged, sendPlanned } from "../send/upload-request.ts";
import { type Outage, Reachability } from "../transport/reachability.ts";
import { ScriptedServer, type Script } from "./scripted-server.ts";

interface SenderRigOptions {
  /** Limits the bandwidth as in a browser, where bodies can't be throttled. */
  delaysRequests?: boolean;
  /** Default: so few that bundles carry no megabytes. */
  bundleBytes?: number;
}

/** A sender of some files, and the server that it sends them to. */
export class SenderRig {
  readonly server: ScriptedServer;
  readonly ledger = new Ledger();
  readonly bandwidth = new TokenBucket();
  readonly bodyLimit = new BodyLimit((bytes) => this.ledger.setNetworkLimit(bytes));
  readonly sender: Sender;
  /** How often the server said that the batch is paused. */
  paused = 0;
  /** Milliseconds of each rate limit; null when one was over. */
  readonly rateLimits: (number | null)[] = [];
  /** Codes of problems that ended sending. */
  readonly fatal: ClientCode[] = [];
  /** Sent bytes of all files after each change. */
  readonly sent: number[] = [];
  /** Each outage, and null when it was over. */
  readonly outages: (Outage | null)[] = [];
  readonly #ending = new AbortController();
  readonly #blobs: readonly Blob[];

  private constructor(
    server: ScriptedServer,
    blobs: readonly Blob[],
    { delaysRequests = false, bundleBytes = 1000 }: SenderRigOptions,
  ) {
    this.server = server;
    this.#blobs = blobs;
    this.ledger.declare(
      blobs.map(({ size }, id) => ({ name: `${id}`, path: null, size, type: "" })),
      1,
    );
    this.sender = this.#makeSender(delaysRequests, bundleBytes);
  }

  /** Declares the files and starts the server. Nothing is sent yet. */
  static async start(
    blobs: readonly Blob[],
    script: Script,
    options: SenderRigOptions = {},
  ): Promise<SenderRig> {
    return new SenderRig(await ScriptedServer.start(script), blobs, options);
  }

  stop(): void {
    this.#ending.abort();
    this.sender.stop();
    this.server.stop();
  }

  sendAll(): void {
    this.sender.send([...this.#blobs.keys()]);
  }

  #makeSender(delaysRequests: boolean, bundleBytes: number): Sender {
    const { ledger, bandwidth, bodyLimit } = this;
    const api = new BatchApi(this.server.origin, "b", "token", new AbortController().signal);
    const contentOf = (id: number) => this.#blobs[id] ?? new Blob();
    const bodyBandwidth = delaysRequests ? new TokenBucket() : bandwidth;
    const digests = new PartDigests(contentOf);
    const flow = new FlowControl({ ledger, most: () => 4, firstBytes: Infinity });
    const sentParts = new SentParts();
    const content = { ledger, contentOf, digests, sentParts, bodyLimit, flow };
    const context = { ...content, api, bandwidth: bodyBandwidth };
    const limits = { ...LIMITS, bundleBytes, fileBytes: 6_000_000 };
    const shared = { ledger, limits, flow, bandwidth, bodyLimit };
    return new Sender({
      ...shared,
      queue: new RequestQueue({ ...shared, onUpcoming: (parts) => digests.prepare(parts) }),
      delaysRequests,
      reachability: this.#watchReachability(),
      sendPlanned: (request, options) => sendPlanned(request, context, options),
      filesDamaged: (request) => filesDamaged(request, context),
      events: {
        onProgress: () => this.sent.push(ledger.sentBytesTotal),
        onRateLimited: (ms) => this.rateLimits.push(ms),
        onIdle: () => {},
        onError: (error) => this.fatal.push(codeOf(error)),
      },
      onPaused: () => void this.paused++,
    });
  }

  #watchReachability(): Reachability {
    return new Reachability({
      endpoint: this.server.origin,
      signal: this.#ending.signal,
      onChange: (outage) => this.outages.push(outage),
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
