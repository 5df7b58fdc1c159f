import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { FileEvent } from "../../durable-objects/index.ts";
import type { BatchClient } from "../batches/batch-client.ts";
import { UploadEvents, type UploadKind } from "./events.ts";

const completed = (file: number): FileEvent => ({ event: "completed", file, properties: {} });
const receiving = (file: number, receivedBytes: number): FileEvent => ({
  event: "receiving",
  file,
  upload: "u",
  receivedBytes,
});

const RESULT = { rev: 7, rows: [] };

/** Returns the events of a request, and the calls that they make to the Batch. */
function setUp(kind: UploadKind = "file") {
  const applyEvents = vi.fn<BatchClient["applyEvents"]>().mockResolvedValue(RESULT);
  const file = vi.fn<BatchClient["file"]>();
  return {
    events: new UploadEvents({ applyEvents, file }, kind),
    applyEvents,
    calls: () => applyEvents.mock.calls.map(([sent]) => sent),
  };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("events of one moment take one call and keep their order", async () => {
  const { events, calls } = setUp();
  events.add(completed(0), completed(1));
  await vi.advanceTimersByTimeAsync(70);
  events.add(completed(2));
  expect(calls()).toEqual([]);
  await vi.advanceTimersByTimeAsync(10);
  expect(calls()).toEqual([[completed(0), completed(1), completed(2)]]);
});

test("byte counts and the start of a part wait longer, unless another event is sent before", async () => {
  const { events, calls } = setUp();
  const partStarted = { event: "partStarted", file: 0, upload: "u" } as const;
  events.add(partStarted, receiving(0, 1));
  await vi.advanceTimersByTimeAsync(499);
  expect(calls()).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(calls()).toEqual([[partStarted, receiving(0, 1)]]);
  events.add(receiving(0, 2));
  await vi.advanceTimersByTimeAsync(249);
  expect(calls()).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(calls()[1]).toEqual([receiving(0, 2)]);
  events.add(receiving(0, 3), completed(1));
  await vi.advanceTimersByTimeAsync(80);
  expect(calls()[2]).toEqual([receiving(0, 3), completed(1)]);
});

test("byte counts of a part wait for a second", async () => {
  const { events, calls } = setUp("part");
  events.add(receiving(0, 1));
  await vi.advanceTimersByTimeAsync(500);
  expect(calls()).toEqual([[receiving(0, 1)]]);
  events.add(receiving(0, 2));
  await vi.advanceTimersByTimeAsync(999);
  expect(calls()).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(calls()[1]).toEqual([receiving(0, 2)]);
});

test("a flush without events makes no call", async () => {
  const { events, calls } = setUp();
  await events.flush();
  expect(calls()).toEqual([]);
});

test("a flush sends events at once and leaves no call scheduled", async () => {
  const { events, calls } = setUp();
  events.add(completed(0));
  await events.flush();
  await vi.advanceTimersByTimeAsync(1000);
  expect(calls()).toEqual([[completed(0)]]);
  expect(events.rev).toBe(7);
});

test("only the last byte count of a file is sent", async () => {
  const { events, calls } = setUp();
  events.add(receiving(0, 1), receiving(0, 2), receiving(1, 1), receiving(0, 3));
  await events.flush();
  expect(calls()).toEqual([[receiving(0, 3), receiving(1, 1)]]);
});

test("calls wait for each other", async () => {
  const { promise, resolve } = Promise.withResolvers<typeof RESULT>();
  const { events, applyEvents, calls } = setUp();
  applyEvents.mockReturnValueOnce(promise);
  events.add(completed(0));
  await vi.advanceTimersByTimeAsync(100);
  events.add(completed(1));
  const flushed = events.flush();
  await vi.advanceTimersByTimeAsync(100);
  expect(calls()).toEqual([[completed(0)]]);
  resolve(RESULT);
  await flushed;
  expect(calls()).toEqual([[completed(0)], [completed(1)]]);
});

test("events of a failed call go with the next one, before newer events", async () => {
  const { events, applyEvents, calls } = setUp();
  applyEvents.mockRejectedValueOnce(new Error("lost"));
  events.add(completed(0));
  await vi.advanceTimersByTimeAsync(100);
  events.add(completed(1));
  await events.flush();
  expect(calls()).toEqual([[completed(0)], [completed(0), completed(1)]]);
});

test("a flush rejects if its call fails", async () => {
  const { events, applyEvents } = setUp();
  applyEvents.mockRejectedValueOnce(new Error("lost"));
  events.add(completed(0));
  await expect(events.flush()).rejects.toThrow("lost");
});

test("takePending() waits for earlier calls and leaves the events to the caller", async () => {
  const { events, applyEvents, calls } = setUp();
  const { promise, resolve } = Promise.withResolvers<typeof RESULT>();
  applyEvents.mockReturnValueOnce(promise);
  events.add(completed(0));
  await vi.advanceTimersByTimeAsync(80);
  events.add(completed(1));
  const taken = vi.fn();
  const taking = events.takePending().then(taken);
  await vi.advanceTimersByTimeAsync(0);
  expect(taken).not.toHaveBeenCalled();
  resolve(RESULT);
  await taking;
  expect(taken).toHaveBeenCalledWith([completed(1)]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(calls()).toEqual([[completed(0)]]);
});

test("takePending() returns the events of a failed call too", async () => {
  const { events, applyEvents } = setUp();
  applyEvents.mockRejectedValueOnce(new Error("Network connection lost."));
  events.add(completed(0));
  await vi.advanceTimersByTimeAsync(80);
  events.add(completed(1));
  expect(await events.takePending()).toEqual([completed(0), completed(1)]);
});

test("events of a form wait until they are sent", async () => {
  const { events, calls } = setUp("form");
  events.add(completed(0), receiving(1, 1));
  await vi.advanceTimersByTimeAsync(5000);
  expect(calls()).toEqual([]);
  events.send();
  await vi.advanceTimersByTimeAsync(0);
  expect(calls()).toEqual([[completed(0), receiving(1, 1)]]);
});
