import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { batchClient } from "../batches/batch-client.ts";
import { TestBatch } from "../testing/batch.ts";
import { eventually } from "../testing/watcher.ts";
import { eventStream } from "./event-stream.ts";

afterEach(() => void vi.restoreAllMocks());

test("frames that arrive after the reader has left are dropped", async () => {
  const batch = await TestBatch.create([2]);
  const client = batchClient(env, batch.id, { count: 0 });
  const accept = vi.spyOn(WebSocket.prototype, "accept");
  const enqueue = vi.spyOn(ReadableStreamDefaultController.prototype, "enqueue");
  const stream = eventStream(await client.live(undefined), new AbortController().signal);
  await stream.cancel();
  await eventually(() => accept.mock.calls.length > 0);
  const later = await batch.watch();
  await later.next("snapshot");
  expect(enqueue.mock.results.filter(({ type }) => type === "throw")).toEqual([]);
});

test("a client that disconnects at once leaves no open socket", async () => {
  const batch = await TestBatch.create([2]);
  await (await batch.call("/events")).body?.cancel();
  await expect.poll(() => batch.sockets()).toBe(0);
});

test("a HEAD request opens no socket", async () => {
  const batch = await TestBatch.create([2]);
  const events = await batch.call("/events", { method: "HEAD" });
  expect([events.status, events.headers.get("Content-Type")]).toEqual([
    200,
    "text/event-stream; charset=utf-8",
  ]);
  expect(await batch.sockets()).toBe(0);
});
