import { runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import type { CreatedBatch } from "../../protocol/index.ts";
import { type BatchOptions, BatchRequests, createBatch, type TestFile } from "./batch-requests.ts";
import { withAddress } from "./client-address.ts";
import { requireDocumented } from "./documented.ts";
import { TestWatcher } from "./watcher.ts";

export { readProblem, testFile, type TestFile } from "./batch-requests.ts";

/** Origin of the Worker under test. */
export const ORIGIN = "https://tallyman.test";

/** Sends a request to the Worker under test, and holds it and the response to the document. */
export async function call(path: string, init: RequestInit = {}): Promise<Response> {
  const url = new URL(path, ORIGIN);
  const response = await exports.default.fetch(url, withAddress(init));
  await requireDocumented(url, init, response);
  return response;
}

/** One batch of the Worker, which runs in the isolate of the tests. */
export class TestBatch extends BatchRequests {
  /** @param files declarations, or sizes in bytes */
  static async create(
    files: readonly (TestFile | number)[] = [],
    options: BatchOptions = {},
  ): Promise<TestBatch> {
    return TestBatch.of(await createBatch(call, files, options));
  }

  /** @param created the response to its creation */
  static of(created: CreatedBatch): TestBatch {
    return new TestBatch(created, call);
  }

  /** Returns the number of open sockets of its object. */
  sockets(): Promise<number> {
    const object = env.BATCH.getByName(this.id);
    return runInDurableObject(object, (_, ctx) => ctx.getWebSockets().length);
  }

  async watch(since?: number, token = this.created.tokens.read): Promise<TestWatcher> {
    const query = since === undefined ? "" : `&since=${since}`;
    const path = `${this.created.links.live}?token=${token}${query}`;
    const { webSocket } = await call(path, { headers: { Upgrade: "websocket" } });
    if (!webSocket) throw new Error("The response has no WebSocket.");
    return new TestWatcher(webSocket);
  }
}
