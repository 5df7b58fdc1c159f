import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { pinToProcessors } from "./processes.ts";
import type { Side } from "./workers.ts";
import type { RandomFiles } from "./workloads.ts";

const PROGRAM = fileURLToPath(new URL("client-program.ts", import.meta.url));

/** Random files in memory, or one file on disk that is uploaded in parts. */
export type Contents = RandomFiles | { path: string };

export interface UploadTask {
  side: Side;
  /** Address of the Worker; its paths are appended. */
  origin: string;
  contents: Contents;
  /** Requests in flight; for Tallyman's client, the most. */
  concurrency: number;
  /** Folder of another checkout whose client uploads. Then no watcher counts frames. */
  checkout?: string | undefined;
}

const Uploaded = v.object({
  ms: v.number(),
  /** Frames that a watcher received. */
  frames: v.number(),
  batchCalls: v.number(),
  /** Most requests in flight in each quarter of a second. */
  inFlight: v.array(v.number()),
});

export type Uploaded = v.InferOutput<typeof Uploaded>;

/**
 * A client in its own process. In the process of Miniflare and Wrangler it would share their heap,
 * and each garbage collection would traverse it.
 */
export class ClientProcess {
  readonly #process: ChildProcess = fork(PROGRAM);

  /** Start workerd first: both are pinned to different processors. */
  constructor() {
    pinToProcessors(this.pid);
  }

  /** @throws Error if the client fails; the reason is on stderr */
  async upload(task: UploadTask): Promise<Uploaded> {
    const over = new AbortController();
    const { signal } = over;
    const failed = once(this.#process, "exit", { signal }).then(([code]: unknown[]) => {
      throw new Error(`The client exited with code ${String(code)}.`);
    });
    const answered = once(this.#process, "message", { signal });
    this.#process.send(task);
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
