import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { BatchApi } from "../../client/api/batch-api.ts";
import { Emitter } from "../../client/emitter.ts";
import { Ledger } from "../../client/ledger.ts";
import type { ViewEvents } from "../../client/view.ts";
import { noPendingFiles } from "../batch/pending-files.ts";
import { Cancellations } from "./cancellations.ts";

const UNDO_MS = 8000;

function rig(accepted = 3) {
  const events = new Emitter<ViewEvents>();
  const ledger = new Ledger();
  const calls: string[] = [];
  const loaded = Promise.withResolvers<void>();
  const { signal } = new AbortController();
  const api = new BatchApi("https://tallyman.example", "b", "token", signal);
  const undeclared = Array.from({ length: accepted }, () => ({ name: "a", blob: new Blob() }));
  const uploader = {
    ledger,
    cancelled: false,
    on: events.on.bind(events),
    cancel: async (files?: readonly number[]): Promise<void> =>
      void calls.push(`cancel ${files?.join()}`),
    request: async <Result>(send: (api: BatchApi) => Result | Promise<Result>) => {
      await loaded.promise;
      return send(api);
    },
    hold: (files: readonly number[]) => {
      calls.push(`hold ${files.join()}`);
      return () => void calls.push(`release ${files.join()}`);
    },
  };
  const addFiles = (count: number): number => {
    const first = ledger.count;
    ledger.add(Array.from({ length: count }, () => ({ name: "a", path: null, size: 1, type: "" })));
    return first;
  };
  const declare = (count: number): void => {
    const sources = undeclared.splice(0, count);
    events.emit("files", { first: addFiles(count), count, isOwn: true, sources });
  };
  /** Files of another client, or files of this one that replace earlier ones. */
  const declareOthers = (count: number, isOwn = false): void => {
    const sources = Array.from({ length: count }, () => ({ name: "b", blob: new Blob() }));
    const first = addFiles(count);
    events.emit("files", { first, count, isOwn, ...(isOwn && { sources }) });
  };
  const pendingFiles = { ...noPendingFiles(), undeclared };
  const cancellations = new Cancellations(uploader, { pending: pendingFiles });
  const pending = () => [...cancellations.files.value.keys()];
  return {
    events,
    uploader,
    ledger,
    calls,
    declare,
    declareOthers,
    cancellations,
    pending,
    loaded,
  };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("tells the server after eight seconds, each file for itself", () => {
  const { calls, declare, cancellations, pending } = rig();
  declare(3);
  cancellations.cancel(1);
  vi.advanceTimersByTime(UNDO_MS - 1);
  cancellations.cancel(2);
  expect([calls, pending()]).toEqual([
    ["hold 1", "hold 2"],
    [1, 2],
  ]);
  vi.advanceTimersByTime(1);
  expect([calls.slice(2), pending()]).toEqual([["cancel 1"], [2]]);
  vi.advanceTimersByTime(UNDO_MS);
  expect([calls.slice(3), pending()]).toEqual([["cancel 2"], []]);
});

it("undoes one file, and never after the server was told", () => {
  const { calls, declare, cancellations } = rig();
  declare(3);
  for (const file of [0, 1, 2]) cancellations.cancel(file);
  cancellations.undo(1);
  vi.advanceTimersByTime(UNDO_MS);
  cancellations.undo(0);
  expect(calls.slice(3)).toEqual(["release 1", "cancel 0", "cancel 2"]);
});

it("holds a file as soon as it is declared, and none that has no id", () => {
  const { calls, declare, cancellations, pending } = rig();
  cancellations.cancel(2);
  cancellations.cancel(3);
  expect([calls, pending()]).toEqual([[], [2]]);
  declare(3);
  expect(calls).toEqual(["hold 2"]);
  vi.advanceTimersByTime(UNDO_MS);
  expect(calls.slice(1)).toEqual(["cancel 2"]);
});

it("tells the server at once when the page is closed", () => {
  const { calls, declare, cancellations, pending } = rig();
  declare(2);
  cancellations.cancel(0);
  cancellations.cancel(1);
  cancellations.flush();
  vi.advanceTimersByTime(UNDO_MS);
  expect([calls.slice(2), pending()]).toEqual([["cancel 0", "cancel 1"], []]);
});

it("offers no undo once the batch is cancelled, even if it never existed", () => {
  const { events, uploader, cancellations, calls, pending } = rig();
  cancellations.cancel(1);
  uploader.cancelled = true;
  events.emit("progress", { files: new Set() });
  expect(pending()).toEqual([]);
  vi.advanceTimersByTime(UNDO_MS);
  expect(calls).toEqual([]);
});

it("offers no undo for a file that another client has cancelled", () => {
  const { calls, events, ledger, declare, cancellations, pending } = rig();
  declare(2);
  cancellations.cancel(0);
  ledger.apply([0, "cancelled", 0, 0, null], 1);
  events.emit("progress", { files: new Set([0]) });
  expect(pending()).toEqual([]);
  vi.advanceTimersByTime(UNDO_MS);
  expect(calls).toEqual(["hold 0", "release 0"]);
});

it.each(["completed", "failed", "cancelled"] as const)(
  "does nothing for a file that is %s: cancelling a stored file would delete it",
  (state) => {
    const { calls, ledger, declare, cancellations, pending } = rig();
    declare(3);
    ledger.apply([1, state, 100, 1, null], 1);
    cancellations.cancel(1);
    cancellations.flush();
    vi.advanceTimersByTime(UNDO_MS);
    expect([calls, pending()]).toEqual([[], []]);
  },
);

it.each([
  { by: "another client's files", isOwn: false },
  { by: "files that replace others", isOwn: true },
])("cancels the same file after $by took its id", ({ isOwn }) => {
  const { calls, declare, declareOthers, cancellations, pending } = rig();
  declare(1);
  cancellations.cancel(0);
  cancellations.cancel(2);
  declareOthers(2, isOwn);
  expect([calls, pending()]).toEqual([["hold 0"], [0, 4]]);
  declare(2);
  expect([calls.slice(1), pending()]).toEqual([["hold 4"], [0, 4]]);
  vi.advanceTimersByTime(UNDO_MS);
  expect(calls.slice(2)).toEqual(["cancel 0", "cancel 4"]);
});

it("undoes the cancellation of a file whose id has changed", () => {
  const { calls, declare, declareOthers, cancellations, pending } = rig();
  cancellations.cancel(1);
  declareOthers(1);
  cancellations.undo(1);
  expect(pending()).toEqual([2]);
  cancellations.undo(2);
  declare(3);
  vi.advanceTimersByTime(UNDO_MS);
  expect([calls, pending()]).toEqual([[], []]);
});

it("cancels a file that is declared after the time is over, with the id that it gets", () => {
  const { calls, declare, declareOthers, cancellations } = rig();
  cancellations.cancel(2);
  vi.advanceTimersByTime(UNDO_MS);
  declareOthers(1);
  declare(3);
  expect(calls).toEqual(["cancel 3"]);
});

it("names the files that the server may not know as cancelled", () => {
  const { ledger, declare, cancellations } = rig();
  cancellations.cancel(2);
  expect(cancellations.unconfirmed).toEqual([]);
  declare(3);
  cancellations.cancel(0);
  cancellations.cancel(1);
  cancellations.undo(0);
  expect(cancellations.unconfirmed).toEqual([2, 1]);
  cancellations.flush();
  expect(cancellations.unconfirmed).toEqual([2, 1]);
  ledger.apply([2, "cancelled", 0, 0, null], 1);
  expect(cancellations.unconfirmed).toEqual([1]);
});

it("tells the server again once the files of a resumed batch are known", async () => {
  const { calls, cancellations, loaded } = rig(0);
  const told = cancellations.tellAgain([3, 5]);
  expect([calls, cancellations.unconfirmed]).toEqual([[], [3, 5]]);
  loaded.resolve();
  await told;
  expect(calls).toEqual(["cancel 3,5"]);
});
