import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { batchClient } from "../batches/batch-client.ts";
import { BodyMemory } from "../http/body-memory.ts";
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

/** A batch's socket, and the stream of its frames. */
function openStream(memory?: BodyMemory) {
  const { 0: socket, 1: batch } = new WebSocketPair();
  const closed = new Promise((resolve) => batch.addEventListener("close", resolve));
  batch.accept();
  const live = new Response(null, { status: 101, webSocket: socket });
  const stream = eventStream(live, new AbortController().signal, memory);
  const send = (rev: number, event = "uploadProgress", bytes = 50_000) => {
    batch.send(JSON.stringify({ event, rev, more: false, text: "x".repeat(bytes) }));
  };
  return { stream, closed, send };
}

test("a stream that is not read is closed, and its frames before that can be resumed", async () => {
  const { stream, closed, send } = openStream();
  // A long snapshot alone ends no stream.
  send(1, "snapshot", 1_000_000);
  for (let rev = 2; rev <= 20; rev++) send(rev);
  await closed;
  const ids = [...(await new Response(stream).text()).matchAll(/^id: (\d+)$/gmu)];
  expect(ids.map(([, id]) => Number(id))).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test("a stream that is read stays open", async () => {
  const { stream, send } = openStream();
  const reader = stream.getReader();
  for (let rev = 1; rev <= 50; rev++) {
    send(rev);
    expect((await reader.read()).done).toBe(false);
  }
  await reader.cancel();
});

test("frames that were not read are dropped if the isolate needs their memory", async () => {
  const memory = new BodyMemory(150_000);
  const { stream, closed, send } = openStream(memory);
  for (let rev = 1; rev <= 4; rev++) send(rev);
  await closed;
  expect(memory.used).toBe(0);
  await expect(new Response(stream).text()).rejects.toThrow("requests in memory");
});
