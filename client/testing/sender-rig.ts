import { LIMITS } from "../../protocol/index.ts";
import { BatchApi } from "../api/batch-api.ts";
import { deliver } from "../send/delivery.ts";
import { Ledger } from "../ledger.ts";
import type { ClientCode } from "../errors.ts";
import { TokenBucket } from "../send/bandwidth.ts";
import { PartDigests } from "../send/part-digests.ts";
import { Sender } from "../send/sender.ts";
import { ScriptedServer, type Script } from "./scripted-server.ts";

/** A sender of some files, and the real server that it sends them to. */
export class SenderRig {
  readonly server: ScriptedServer;
  readonly ledger = new Ledger();
  readonly bandwidth = new TokenBucket();
  readonly sender: Sender;
  /** How often the server said that the batch is paused. */
  paused = 0;
  /** For how many milliseconds the server asked to wait, each time; null when it went on. */
  readonly asked: (number | null)[] = [];
  /** Problems that ended it all. */
  readonly fatal: ClientCode[] = [];
  /** What was counted as sent, in all, after each change. */
  readonly sent: number[] = [];
  readonly #blobs: readonly Blob[];
  readonly #throttlesRequests: boolean;

  private constructor(server: ScriptedServer, blobs: readonly Blob[], throttlesRequests: boolean) {
    this.server = server;
    this.#blobs = blobs;
    this.#throttlesRequests = throttlesRequests;
    this.ledger.declare(
      blobs.map(({ size }, id) => ({ name: `${id}`, path: null, size, type: "" })),
      1,
    );
    this.sender = this.#makeSender();
  }

  /** The files are declared and none of them is sent; the server answers as the script says. */
  static async start(
    blobs: readonly Blob[],
    script: Script,
    { throttlesRequests = false } = {},
  ): Promise<SenderRig> {
    return new SenderRig(await ScriptedServer.start(script), blobs, throttlesRequests);
  }

  stop(): void {
    this.sender.stop();
    this.server.stop();
  }

  sendAll(): void {
    this.sender.send([...this.#blobs.keys()]);
  }

  #makeSender(): Sender {
    const { ledger, bandwidth } = this;
    const api = new BatchApi(this.server.origin, "b", "token", new AbortController().signal);
    const blobOf = (id: number) => this.#blobs[id] ?? new Blob();
    // As in a browser, what has begun goes as fast as it can.
    const bodyPace = this.#throttlesRequests ? new TokenBucket() : bandwidth;
    const digests = new PartDigests(blobOf);
    const source = { api, ledger, bandwidth: bodyPace, blobOf, digests };
    return new Sender({
      ledger,
      // Small enough that bundles move no megabytes.
      limits: { ...LIMITS, bundleBytes: 1000, fileBytes: 6_000_000 },
      concurrency: 4,
      bandwidth,
      throttlesRequests: this.#throttlesRequests,
      onUpcoming: (parts) => digests.prepare(parts),
      onChange: () => this.sent.push(ledger.sentBytesTotal),
      onRateLimited: (ms) => this.asked.push(ms),
      onIdle: () => {},
      deliver: (request, context) => deliver(request, { ...source, ...context }),
      onPaused: () => void this.paused++,
      onFatal: ({ code }) => this.fatal.push(code),
    });
  }
}

/** Files of these sizes, all zeros. */
export function blobsOf(...sizes: number[]): Blob[] {
  return sizes.map((size) => new Blob([new Uint8Array(size)]));
}
