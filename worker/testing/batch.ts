import { runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import type { CreatedBatch } from "../../protocol/index.ts";
import { type BatchOptions, BatchRequests, createBatch, type TestFile } from "./batch-requests.ts";
import { TestWatcher } from "./watcher.ts";

export { readProblem, testFile, type TestFile } from "./batch-requests.ts";

/** Where the Worker is, as far as its tests are concerned. */
export const ORIGIN = "https://tallyman.test";

/** A request to the whole Worker, as a client sends it. */
export function call(path: string, init: RequestInit = {}): Promise<Response> {
  return exports.default.fetch(new URL(path, ORIGIN), init);
}

/** One batch of the Worker that runs in this isolate. */
export class TestBatch extends BatchRequests {
  /** @param files each as it is declared, or only its size */
  static async create(
    files: readonly (TestFile | number)[] = [],
    options: BatchOptions = {},
  ): Promise<TestBatch> {
    return TestBatch.of(await createBatch(call, files, options));
  }

  /** @param created as the answer to creating it said */
  static of(created: CreatedBatch): TestBatch {
    return new TestBatch(created, call);
  }

  /** How many sockets its object has open. */
  sockets(): Promise<number> {
    const object = env.BATCH.getByName(this.id);
    return runInDurableObject(object, (_, ctx) => ctx.getWebSockets().length);
  }

  async watch(since?: number): Promise<TestWatcher> {
    const query = since === undefined ? "" : `&since=${since}`;
    const path = `${this.created.links.live}?token=${this.created.tokens.read}${query}`;
    const { webSocket } = await call(path, { headers: { Upgrade: "websocket" } });
    if (!webSocket) throw new Error("The socket was not opened.");
    return new TestWatcher(webSocket);
  }
}
