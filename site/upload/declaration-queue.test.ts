import { signal } from "@preact/signals";
import { describe, expect, it } from "vitest";
import type { ViewEvents } from "../../client/view.ts";
import { Emitter } from "../../client/emitter.ts";
import type { ClientProblem, Source } from "../../client/index.ts";
import type { PendingFiles } from "../batch/pending-files.ts";
import { DeclarationQueue } from "./declaration-queue.ts";

const unreachable: ClientProblem = { code: "connection_failed", detail: "No answer came." };

function sources(...names: string[]): Source[] {
  return names.map((name) => ({ name, blob: new Blob([name]) }));
}

/** A queue, and the calls that reach its uploader. */
function begin() {
  const events = new Emitter<ViewEvents>();
  const calls: string[][] = [];
  const add = (added: readonly Source[]) => void calls.push(added.map(({ name }) => name));
  const pending: PendingFiles = { undeclared: [], found: new Set() };
  const board = {
    pending,
    problem: signal<ClientProblem | null>(null),
    markDirty: () => undefined,
  };
  const queue = new DeclarationQueue({ add, on: events.on.bind(events) }, board);
  return { queue, board, calls, events };
}

describe("Intake", () => {
  it("declares at once, and what comes meanwhile in one go after it", () => {
    const { queue, board, calls, events } = begin();
    queue.push(sources("a", "b"));
    queue.push(sources("c"));
    queue.push(sources("d"));
    expect(calls).toEqual([["a", "b"]]);
    expect(board.pending.undeclared).toHaveLength(4);
    events.emit("files", { first: 0, count: 2, isOwn: true });
    expect(calls).toEqual([
      ["a", "b"],
      ["c", "d"],
    ]);
  });

  it("keeps what could not be declared, in order, until it is tried again", () => {
    const { queue, calls, events } = begin();
    queue.push(sources("a"));
    events.emit("problem", unreachable);
    queue.push(sources("b"));
    expect(queue.isStalled.value).toBe(true);
    expect(calls).toEqual([["a"]]);
    queue.retry();
    expect(calls).toEqual([["a"], ["a", "b"]]);
    expect(queue.isStalled.value).toBe(false);
  });

  it("takes no harm from a problem that was not one of declaring", () => {
    const { queue, calls, events } = begin();
    queue.push(sources("a"));
    events.emit("problem", unreachable);
    events.emit("files", { first: 0, count: 1, isOwn: true });
    expect(queue.isStalled.value).toBe(false);
    events.emit("problem", unreachable);
    expect(queue.isStalled.value).toBe(false);
    queue.push(sources("b"));
    expect(calls).toEqual([["a"], ["b"]]);
  });
});
