import { expect, test } from "vitest";
import { LIMITS, PAGE_ROWS, type Row } from "../../protocol/index.ts";
import { call, testFile, TestBatch } from "../testing/batch.ts";

interface ServerSentEvent {
  id?: string;
  event?: string;
  data: { rev: number; event: string; files?: Row[] };
}

function events(batch: TestBatch, query = "", headers: Record<string, string> = {}) {
  const { links, tokens } = batch.created;
  return call(`${links.events}?token=${tokens.read}${query}`, { headers });
}

/** Reads up to the first event of that name. */
async function readTo(response: Response, last: string): Promise<ServerSentEvent[]> {
  const read: ServerSentEvent[] = [];
  const decoder = new TextDecoder();
  const body: ReadableStream<Uint8Array> | null = response.body;
  let text = "";
  for await (const chunk of body ?? []) {
    const blocks = (text + decoder.decode(chunk, { stream: true })).split("\n\n");
    text = blocks.pop() ?? "";
    read.push(...blocks.map(eventOf));
    if (read.at(-1)?.event === last) break;
  }
  return read;
}

function eventOf(block: string): ServerSentEvent {
  const fields = new Map(
    block.split("\n").map((line) => {
      const colon = line.indexOf(": ");
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
  const data = JSON.parse(fields.get("data") ?? "null");
  return { ...Object.fromEntries(fields), data };
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

test("have no id until the snapshot is complete", async () => {
  const tooLarge = testFile(LIMITS.fileBytes + 1);
  const batch = await TestBatch.create(Array.from({ length: PAGE_ROWS + 1 }, () => tooLarge));
  const received = await readTo(await events(batch), "uploadCompleted");
  expect(received.map(({ event, id }) => [event, id])).toEqual([
    ["snapshot", undefined],
    ["snapshot", "1"],
    ["uploadCompleted", "1"],
  ]);
});
