import { describe, expect, test } from "vitest";
import { LIMITS, PAGE_ROWS, type Row } from "../../protocol/index.ts";
import { call, testFile, TestBatch } from "../testing/batch.ts";
import { serverSentEvents } from "../testing/events.ts";

interface ReceivedEvent {
  id?: string;
  event?: string;
  data: { rev: number; event: string; files?: Row[] };
}

function events(batch: TestBatch, query = "", headers: Record<string, string> = {}) {
  const { links, tokens } = batch.created;
  return call(`${links.events}?token=${tokens.read}${query}`, { headers });
}

/** Reads up to the first event of that name. */
async function readTo(response: Response, last: string): Promise<ReceivedEvent[]> {
  const read: ReceivedEvent[] = [];
  for await (const { data, ...event } of serverSentEvents(response)) {
    read.push({ ...event, data: JSON.parse(data) });
    if (event.event === last) break;
  }
  return read;
}

const send = (batch: TestBatch, name: number) => batch.bundle([{ name, bytes: "ok" }]);

test("are the frames of a WebSocket, with the rev as id", async () => {
  const batch = await TestBatch.create([2]);
  const watcher = await batch.watch();
  const response = await events(batch);
  expect(response.status).toBe(200);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",
  });
  await send(batch, 0);
  const received = await readTo(response, "uploadCompleted");
  await watcher.next("uploadCompleted");
  expect(received.map(({ data }) => data)).toEqual(watcher.frames);
  for (const { id, event, data } of received) {
    expect([id, event]).toEqual([String(data.rev), data.event]);
  }
});

test("resume after Last-Event-ID instead of the since in the query", async () => {
  const batch = await TestBatch.create([2, 2]);
  await send(batch, 0);
  const { rev } = await batch.status();
  await send(batch, 1);
  const rows = [[1, "completed", 100, 2, null]];
  const [bySince] = await readTo(await events(batch, `&since=${rev}`), "snapshot");
  expect(bySince?.data.files).toEqual(rows);
  const last = { "Last-Event-ID": `${rev}` };
  const [byHeader] = await readTo(await events(batch, "&since=0", last), "snapshot");
  expect(byHeader?.data.files).toEqual(rows);
});

test("have an id before the end with which a reader gets the end", async () => {
  const batch = await TestBatch.create([2]);
  const response = await events(batch);
  await send(batch, 0);
  const before = await readTo(response, "uploadProgress");
  const last = { "Last-Event-ID": before.at(-1)?.id ?? "" };
  const [, end] = await readTo(await events(batch, "", last), "uploadCompleted");
  expect(end).toMatchObject({ event: "uploadCompleted" });
});

describe("end with the batch", () => {
  /** Reads to the end of the stream. */
  const readAll = async (response: Response) => {
    const read: [event: string | undefined, data: string][] = [];
    for await (const { event, data } of serverSentEvents(response)) read.push([event, data]);
    return read;
  };

  test("after uploadCompleted", async () => {
    const batch = await TestBatch.create([2]);
    const response = await events(batch);
    await send(batch, 0);
    const read = await readAll(response);
    expect(read.at(-2)?.[0]).toBe("uploadCompleted");
    expect(read.at(-1)).toEqual(["end", "{}"]);
    await expect.poll(() => batch.sockets()).toBe(0);
  });

  test("after the frame that reports a cancellation", async () => {
    const batch = await TestBatch.create([2]);
    const response = await events(batch);
    await batch.call("/cancel", { method: "POST" });
    const read = await readAll(response);
    expect(read.at(-2)?.[1]).toContain('"state":"cancelled"');
    expect(read.at(-1)).toEqual(["end", "{}"]);
  });

  test.each(["", "&since=0", "&since=9"])(
    "at once if it was over before: with the query %j",
    async (query) => {
      const batch = await TestBatch.create([2]);
      await send(batch, 0);
      const read = await readAll(await events(batch, query));
      expect(read.at(-1)).toEqual(["end", "{}"]);
      expect(read.some(([event]) => event === "uploadCompleted")).toBe(query !== "&since=9");
    },
  );

  test.each(["completed", "cancelled"])(
    "and a reconnect with the last id gets 204: %s",
    async (state) => {
      const batch = await TestBatch.create([2]);
      const response = await events(batch);
      const ids: (string | undefined)[] = [];
      if (state === "completed") await send(batch, 0);
      else await batch.call("/cancel", { method: "POST" });
      for await (const { id } of serverSentEvents(response)) if (id !== undefined) ids.push(id);
      const again = await events(batch, "", { "Last-Event-ID": ids.at(-1) ?? "" });
      expect([again.status, await again.text()]).toEqual([204, ""]);
      expect(await batch.sockets()).toBe(0);
    },
  );

  test("and continue while a failed file is retried", async () => {
    const batch = await TestBatch.create([2]);
    await batch.bundle([{ name: 0, bytes: "four" }]);
    const { rev } = await batch.status();
    await batch.call("/retry", { method: "POST" });
    const response = await events(batch, "", { "Last-Event-ID": String(rev) });
    expect(response.status).toBe(200);
    await send(batch, 0);
    expect((await readAll(response)).at(-1)?.[0]).toBe("end");
  });
});

test("tell a browser to reconnect after two seconds", async () => {
  const batch = await TestBatch.create([2]);
  for await (const event of serverSentEvents(await events(batch))) {
    expect(event).toMatchObject({ event: "snapshot", retry: "2000" });
    break;
  }
});

test("have no id until the snapshot is complete", async () => {
  const tooLarge = testFile(LIMITS.fileBytes + 1);
  const batch = await TestBatch.create(Array.from({ length: PAGE_ROWS + 1 }, () => tooLarge));
  const received = await readTo(await events(batch), "uploadCompleted");
  expect(received.map(({ event, id }) => [event, id])).toEqual([
    ["snapshot", undefined],
    ["snapshot", "1"],
    ["uploadCompleted", "2"],
  ]);
});
