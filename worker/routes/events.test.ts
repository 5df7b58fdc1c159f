import { expect, test } from "vitest";
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
    "cache-control": "no-store",
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
  await send(batch, 1);
  const rows = [[1, "completed", 100, 2, null]];
  const [bySince] = await readTo(await events(batch, "&since=2"), "snapshot");
  expect(bySince?.data.files).toEqual(rows);
  const last = { "Last-Event-ID": "2" };
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
  // A reader that has it gets no second one.
  const again = await readTo(
    await events(batch, "", { "Last-Event-ID": end?.id ?? "" }),
    "snapshot",
  );
  expect(again).toMatchObject([{ id: end?.id, data: { files: [] } }]);
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
