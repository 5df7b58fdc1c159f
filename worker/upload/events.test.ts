import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { FileEvent } from "../../durable-objects/index.ts";
import { BatchClient } from "../batches/batch-client.ts";
import { UploadEvents } from "./events.ts";

const completed = (file: number): FileEvent => ({ event: "completed", file, properties: {} });
const receiving = (file: number, receivedBytes: number): FileEvent => ({
  event: "receiving",
  file,
  upload: "u",
  receivedBytes,
});

const ANSWER = { rev: 7, rows: [] };

/** A reporter, the calls that it makes of the Batch, and what each brings. */
function setUp(brings: "file" | "part" = "file") {
  const batch = new BatchClient(env, "0".repeat(32), { count: 0 });
  const report = vi.spyOn(batch, "applyEvents").mockResolvedValue(ANSWER);
  return {
    reporter: new UploadEvents(batch, brings),
    report,
    calls: () => report.mock.calls.flat(),
  };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("reports of one moment are one call, in order", async () => {
  const { reporter, calls } = setUp();
  reporter.add(completed(0), completed(1));
  await vi.advanceTimersByTimeAsync(70);
  reporter.add(completed(2));
  expect(calls()).toEqual([]);
  await vi.advanceTimersByTimeAsync(10);
  expect(calls()).toEqual([[completed(0), completed(1), completed(2)]]);
});

test("mere bytes, and the part that brings them, wait longer, unless there is more to say", async () => {
  const { reporter, calls } = setUp();
  const begun = { event: "partStarted", file: 0, upload: "u" } as const;
  reporter.add(begun, receiving(0, 1));
  await vi.advanceTimersByTimeAsync(499);
  expect(calls()).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(calls()).toEqual([[begun, receiving(0, 1)]]);
  reporter.add(receiving(0, 2));
  await vi.advanceTimersByTimeAsync(249);
  expect(calls()).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(calls()[1]).toEqual([receiving(0, 2)]);
  reporter.add(receiving(0, 3), completed(1));
  await vi.advanceTimersByTimeAsync(80);
  expect(calls()[2]).toEqual([receiving(0, 3), completed(1)]);
});

test("the bytes of a part wait longest: others of its file are told meanwhile", async () => {
  const { reporter, calls } = setUp("part");
  reporter.add(receiving(0, 1));
  await vi.advanceTimersByTimeAsync(500);
  expect(calls()).toEqual([[receiving(0, 1)]]);
  reporter.add(receiving(0, 2));
  await vi.advanceTimersByTimeAsync(999);
  expect(calls()).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(calls()[1]).toEqual([receiving(0, 2)]);
});

test("nothing to report is no call", async () => {
  const { reporter, calls } = setUp();
  await reporter.flush();
  expect(calls()).toEqual([]);
});

test("a flush waits for no company, and no call is left for later", async () => {
  const { reporter, calls } = setUp();
  reporter.add(completed(0));
  await reporter.flush();
  await vi.advanceTimersByTimeAsync(1000);
  expect(calls()).toEqual([[completed(0)]]);
  expect(reporter.rev).toBe(7);
});

test("of bytes that are arriving only the last count is told", async () => {
  const { reporter, calls } = setUp();
  reporter.add(receiving(0, 1), receiving(0, 2), receiving(1, 1), receiving(0, 3));
  await reporter.flush();
  expect(calls()).toEqual([[receiving(0, 3), receiving(1, 1)]]);
});

test("calls never overtake each other", async () => {
  const { promise, resolve } = Promise.withResolvers<typeof ANSWER>();
  const { reporter, report, calls } = setUp();
  report.mockReturnValueOnce(promise);
  reporter.add(completed(0));
  await vi.advanceTimersByTimeAsync(100);
  reporter.add(completed(1));
  const flushed = reporter.flush();
  await vi.advanceTimersByTimeAsync(100);
  expect(calls()).toEqual([[completed(0)]]);
  resolve(ANSWER);
  await flushed;
  expect(calls()).toEqual([[completed(0)], [completed(1)]]);
});

test("what a failed call held goes with the next one, ahead of what is newer", async () => {
  const { reporter, report, calls } = setUp();
  report.mockRejectedValueOnce(new Error("lost"));
  reporter.add(completed(0));
  await vi.advanceTimersByTimeAsync(100);
  reporter.add(completed(1));
  await reporter.flush();
  expect(calls()).toEqual([[completed(0)], [completed(0), completed(1)]]);
});

test("a flush that fails says so: what is answered must be in the tally", async () => {
  const { reporter, report } = setUp();
  report.mockRejectedValueOnce(new Error("lost"));
  reporter.add(completed(0));
  await expect(reporter.flush()).rejects.toThrow("lost");
});

test("what is handed over is left to the caller, after all calls that were made before", async () => {
  const { reporter, report, calls } = setUp();
  const { promise, resolve } = Promise.withResolvers<typeof ANSWER>();
  report.mockReturnValueOnce(promise);
  reporter.add(completed(0));
  await vi.advanceTimersByTimeAsync(80);
  reporter.add(completed(1));
  const taken = vi.fn();
  const handingOver = reporter.takePending().then(taken);
  await vi.advanceTimersByTimeAsync(0);
  expect(taken).not.toHaveBeenCalled();
  resolve(ANSWER);
  await handingOver;
  expect(taken).toHaveBeenCalledWith([completed(1)]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(calls()).toEqual([[completed(0)]]);
});

test("what a call could not bring is handed over, too", async () => {
  const { reporter, report } = setUp();
  report.mockRejectedValueOnce(new Error("Network connection lost."));
  reporter.add(completed(0));
  await vi.advanceTimersByTimeAsync(80);
  reporter.add(completed(1));
  expect(await reporter.takePending()).toEqual([completed(0), completed(1)]);
});
