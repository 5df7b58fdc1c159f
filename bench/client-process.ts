import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import type { Side } from "./workers.ts";
import { pinToProcessors } from "./processes.ts";
import type { RandomFiles } from "./workloads.ts";

const PROGRAM = fileURLToPath(new URL("client-program.ts", import.meta.url));

/** Random files in memory, or a file on disk that goes up in parts. */
export type Contents = RandomFiles | { path: string };

export interface UploadTask {
  side: Side;
  /** Of the Worker, with the path that all its addresses begin with. */
  origin: string;
  contents: Contents;
  /** Requests in flight. */
  concurrency: number;
}

const Uploaded = v.object({
  ms: v.number(),
  /** Frames that a watcher was sent. */
  frames: v.number(),
  batchCalls: v.number(),
});

export type Uploaded = v.InferOutput<typeof Uploaded>;

/**
 * A client in a process of its own: beside Miniflare and Wrangler it would share their heap, and each
 * of its garbage collections would look through all of that.
 */
export class ClientProcess {
  readonly #process: ChildProcess = fork(PROGRAM);

  /** Once workerd is there, too. */
  constructor() {
    pinToProcessors(this.pid);
  }

  /** @throws Error when the client fails; it says why on stderr */
  async upload(order: UploadTask): Promise<Uploaded> {
    const over = new AbortController();
    const { signal } = over;
    const failed = once(this.#process, "exit", { signal }).then(([code]: unknown[]) => {
      throw new Error(`The client ended with ${String(code)}.`);
    });
    const answered = once(this.#process, "message", { signal });
    this.#process.send(order);
    try {
      const messages: unknown[] = await Promise.race([answered, failed]);
      return v.parse(Uploaded, messages[0]);
    } finally {
      over.abort();
    }
  }

  get pid(): number {
    return this.#process.pid ?? Number.NaN;
  }

  async close(): Promise<void> {
    const ended = once(this.#process, "exit");
    this.#process.disconnect();
    await ended;
  }
}
