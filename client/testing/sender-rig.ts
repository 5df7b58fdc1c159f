import { LIMITS } from "../../protocol/index.ts";
import { BatchApi } from "../api.ts";
import { deliver } from "../delivery.ts";
import { Ledger } from "../ledger.ts";
import type { ClientCode } from "../problems.ts";
import { Sender } from "../sender.ts";
import { ScriptedServer, type Script } from "./scripted-server.ts";

/** A sender of some files, and the real server that it sends them to. */
export class SenderRig {
  readonly server: ScriptedServer;
  readonly ledger = new Ledger();
  readonly sender: Sender;
  /** How often the server said that the batch is paused. */
  paused = 0;
  /** Problems that ended it all. */
  readonly fatal: ClientCode[] = [];
  /** What was counted as sent, in all, after each change. */
  readonly sent: number[] = [];
  readonly #blobs: readonly Blob[];

  private constructor(server: ScriptedServer, blobs: readonly Blob[]) {
    this.server = server;
    this.#blobs = blobs;
    this.ledger.declare(
      blobs.map(({ size }, id) => ({ name: `${id}`, path: null, size, type: "" })),
      1,
    );
    this.sender = this.#makeSender();
  }

  /** The files are declared and none of them is sent; the server answers as the script says. */
  static async start(blobs: readonly Blob[], script: Script): Promise<SenderRig> {
    return new SenderRig(await ScriptedServer.start(script), blobs);
  }

  stop(): void {
    this.sender.stop();
    this.server.stop();
  }

  sendAll(): void {
    this.sender.send([...this.#blobs.keys()]);
  }

  #makeSender(): Sender {
    const { ledger } = this;
    const api = new BatchApi(this.server.origin, "b", "token", new AbortController().signal);
    const blobOf = (id: number) => this.#blobs[id] ?? new Blob();
    return new Sender({
      ledger,
      // Small enough that bundles move no megabytes.
      limits: { ...LIMITS, bundleBytes: 1000, fileBytes: 6_000_000 },
      lanes: 4,
      onChange: () => this.sent.push(ledger.sentBytesTotal),
      onIdle: () => {},
      deliver: (request, context) => deliver(request, { api, ledger, blobOf, ...context }),
      onPaused: () => void this.paused++,
      onFatal: ({ code }) => this.fatal.push(code),
    });
  }
}

/** Files of these sizes, all zeros. */
export function blobsOf(...sizes: number[]): Blob[] {
  return sizes.map((size) => new Blob([new Uint8Array(size)]));
}
