import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { BatchResource, FileResource, FileState, Summary, Totals } from "../protocol/index.ts";
import { Ledger } from "./ledger.ts";
import {
  ScriptedServer,
  type ReceivedRequest,
  type ScriptedResponse,
} from "./testing/scripted-server.ts";
import { Watcher } from "./watcher.ts";

const PAGE = 3;

/** The server's batch, which it reports by polling only. */
let rev: number;
let files: FileResource[];
let state: BatchResource["state"];
let isSealed: boolean;
let server: ScriptedServer;
let watcher: Watcher;

beforeEach(async () => {
  vi.spyOn(Math, "random").mockReturnValue(0);
  [rev, files, state, isSealed] = [4, [], "active", false];
  for (let id = 0; id < 7; id++) declare();
  server = await ScriptedServer.start(respond);
});
afterEach(() => {
  watcher.dispose();
  server.stop();
  vi.restoreAllMocks();
});

function respond({ call }: ReceivedRequest): ScriptedResponse {
  const { pathname, searchParams } = new URL(call.replace("GET ", "http://host"));
  if (pathname.endsWith("/live")) return { status: 403 };
  if (!pathname.endsWith("/files")) return { body: batch() };
  const after = Number(searchParams.get("after") ?? -1);
  const page = files.slice(after + 1, after + 1 + PAGE);
  const last = after + PAGE;
  return { body: { rev, files: page, next: last < files.length - 1 ? last : null } };
}

function declare(): void {
  const id = files.length;
  const links = { self: "", content: "" };
  const progress = { progress: 0, receivedBytes: 0, attempts: 0 };
  files.push({
    id,
    name: `${id}.txt`,
    path: null,
    size: 10,
    type: "",
    state: "queued",
    ...progress,
    links,
  });
}

function settle(id: number, to: FileState): void {
  const file = files[id];
  if (file === undefined) throw new RangeError(`This batch has no file ${id}.`);
  const error = { code: "type_refused", detail: "", retryable: false } as const;
  const end = to === "failed" ? { error } : { progress: 100, receivedBytes: 10 };
  files[id] = { ...file, state: to, ...end };
  rev++;
}

function batch(): BatchResource {
  const times = { createdAt: "2026-11-20T10:00:00.000Z", updatedAt: "2026-11-20T10:00:05.000Z" };
  const completedAt = state === "completed" ? times.updatedAt : null;
  const expiresAt = "2026-11-27T10:00:00.000Z";
  const rest = {
    sealed: isSealed || state === "completed",
    percentComplete: 50,
    metadata: {},
    location: null,
  };
  const end = state === "completed" && { summary: summary() };
  return {
    id: "b",
    rev,
    state,
    ...times,
    completedAt,
    expiresAt,
    ...rest,
    totals: totals(),
    ...end,
  };
}

function summary(): Summary {
  const { completed, failed, cancelled } = totals();
  return {
    files: files.length,
    completed,
    failed,
    cancelled,
    bytes: completed * 10,
    durationMs: 5000,
    startedAt: "2026-11-20T10:00:00.000Z",
    completedAt: "2026-11-20T10:00:05.000Z",
    failures: files.flatMap(({ id, name, error }) => (error ? [[id, name, error.code]] : [])),
  };
}

function totals(): Totals {
  const count = { ...new Ledger().totals, files: files.length, bytes: files.length * 10 };
  for (const file of files) count[file.state]++;
  return count;
}

function watch(): void {
  watcher = new Watcher({ endpoint: server.origin, batch: "b", token: "read" });
}

test("loads every page, and reports each as soon as it is loaded", async () => {
  const seen: number[][] = [];
  settle(1, "completed");
  watch();
  watcher.on("files", ({ first, count }) => seen.push([first, count, watcher.ledger.count]));
  await expect.poll(() => watcher.ledger.count).toBe(7);
  expect(seen).toEqual([
    [0, 3, 3],
    [3, 3, 6],
    [6, 1, 7],
  ]);
  expect(watcher.ledger.name(6)).toBe("6.txt");
  expect([watcher.ledger.state(1), watcher.ledger.sentBytes(1)]).toEqual(["completed", 10]);
});

test("files that are declared later are loaded, too, and their changes are reported", async () => {
  watch();
  await expect.poll(() => watcher.connection).toBe("polling");
  declare();
  settle(7, "completed");
  await expect.poll(() => watcher.ledger.count).toBe(8);
  expect([watcher.ledger.name(7), watcher.ledger.state(7)]).toEqual(["7.txt", "completed"]);
});

test("reports completion once every row is loaded, when no socket delivers the summary", async () => {
  watch();
  const ends: unknown[] = [];
  watcher.on("completed", ({ completed }) => ends.push([completed, watcher.ledger.state(6)]));
  for (let id = 0; id < 6; id++) settle(id, "completed");
  settle(6, "failed");
  state = "completed";
  await expect.poll(() => ends).toEqual([[6, "failed"]]);
  expect(watcher.summary).toEqual(summary());
});

test("reports that the files of a sealed batch are stored while they are processed, and the end", async () => {
  for (let id = 0; id < 6; id++) settle(id, "processing");
  settle(6, "failed");
  watch();
  const events: unknown[] = [];
  watcher.on("stored", (event) => events.push(event));
  watcher.on("completed", ({ completed }) => events.push(completed));
  await expect.poll(() => watcher.ledger.totals.processing).toBe(6);
  expect(events).toEqual([]);
  isSealed = true;
  rev++;
  await expect.poll(() => events).toEqual([{ stored: 6, failed: 1 }]);
  for (let id = 0; id < 6; id++) settle(id, "completed");
  state = "completed";
  await expect.poll(() => events).toEqual([{ stored: 6, failed: 1 }, 6]);
});

test("a batch that becomes active again has no summary", async () => {
  for (let id = 0; id < 7; id++) settle(id, "completed");
  state = "completed";
  watch();
  await expect.poll(() => watcher.summary?.completed).toBe(7);
  state = "active";
  declare();
  rev++;
  await expect.poll(() => watcher.summary).toBeNull();
  expect(watcher.batch?.state).toBe("active");
});

test("an invalid token is reported", async () => {
  server.stop();
  const body = { code: "forbidden", detail: "This token doesn't grant access to this resource." };
  server = await ScriptedServer.start(() => ({ status: 403, body }));
  watch();
  const problems: unknown[] = [];
  watcher.on("problem", ({ code }) => problems.push(code));
  await expect.poll(() => problems).toEqual(["forbidden"]);
});
