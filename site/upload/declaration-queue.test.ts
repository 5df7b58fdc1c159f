import { signal } from "@preact/signals";
import { describe, expect, it } from "vitest";
import type { ViewEvents } from "../../client/view.ts";
import { Emitter } from "../../client/emitter.ts";
import type { ClientProblem, Source } from "../../client/index.ts";
import type { PendingFiles } from "../batch/pending-files.ts";
import { DeclarationQueue, withdraw } from "./declaration-queue.ts";

const unreachable: ClientProblem = {
  code: "connection_failed",
  detail: "The server did not respond.",
};

function sources(...names: string[]): Source[] {
  return names.map((name) => ({ name, blob: new Blob([name]) }));
}

/** Starts a queue that records the declarations of its uploader. */
function start() {
  const events = new Emitter<ViewEvents>();
  const calls: string[][] = [];
  const add = (added: readonly Source[]) => void calls.push(added.map(({ name }) => name));
  const pending: PendingFiles = { undeclared: [], undeclaredBytes: 0, found: new Set(), added: 0 };
  const board = {
    pending,
    problem: signal<ClientProblem | null>(null),
    retryAdding: signal<(() => void) | null>(null),
    markDirty: () => undefined,
  };
  const queue = new DeclarationQueue({ add, on: events.on.bind(events) }, board);
  /** Reports that the next `count` files were declared. */
  const declare = (first: number, count: number): void => {
    const declared = pending.undeclared.slice(0, count);
    events.emit("files", { first, count, isOwn: true, sources: declared });
  };
  return { queue, board, calls, events, declare };
}

describe("DeclarationQueue", () => {
  it("declares files at once, and later files together after that", () => {
    const { queue, board, calls, declare } = start();
    queue.push(sources("a", "b"));
    queue.push(sources("c"));
    queue.push(sources("d"));
    expect(calls).toEqual([["a", "b"]]);
    expect(board.pending.undeclared).toHaveLength(4);
    expect(board.pending.undeclaredBytes).toBe(4);
    declare(0, 2);
    expect(board.pending.undeclaredBytes).toBe(2);
    expect(calls).toEqual([
      ["a", "b"],
      ["c", "d"],
    ]);
  });

  it("keeps files that could not be declared, in order, until the retry", () => {
    const { queue, board, calls, events } = start();
    queue.push(sources("a"));
    events.emit("problem", unreachable);
    queue.push(sources("b"));
    expect(queue.isStalled.value).toBe(true);
    expect(calls).toEqual([["a"]]);
    board.retryAdding.value?.();
    expect(calls).toEqual([["a"], ["a", "b"]]);
    expect(queue.isStalled.value).toBe(false);
    expect(board.retryAdding.value).toBeNull();
  });

  it("counts files once that are taken back and added again", () => {
    const { queue, board, calls, events } = start();
    queue.push(sources("a", "b"));
    events.emit("problem", unreachable);
    const withdrawn = withdraw(queue, board);
    expect(board.pending).toMatchObject({ undeclared: [], undeclaredBytes: 0, added: 0 });
    expect(queue.isStalled.value).toBe(false);
    queue.push(withdrawn);
    expect(calls).toEqual([
      ["a", "b"],
      ["a", "b"],
    ]);
    expect(board.pending).toMatchObject({ undeclaredBytes: 2, added: 2 });
  });

  it("waits for all calls of a declaration, and retries only what they have not declared", () => {
    const { queue, board, calls, events, declare } = start();
    queue.push(sources("a", "b", "c"));
    declare(0, 1);
    queue.push(sources("d"));
    events.emit("problem", unreachable);
    declare(1, 1);
    expect(calls).toEqual([["a", "b", "c"]]);
    events.emit("problem", unreachable);
    board.retryAdding.value?.();
    expect(calls).toEqual([
      ["a", "b", "c"],
      ["c", "d"],
    ]);
  });

  it("is not stalled by a problem that is not about a declaration", () => {
    const { queue, calls, events, declare } = start();
    queue.push(sources("a"));
    events.emit("problem", unreachable);
    declare(0, 1);
    expect(queue.isStalled.value).toBe(false);
    events.emit("problem", unreachable);
    expect(queue.isStalled.value).toBe(false);
    queue.push(sources("b"));
    expect(calls).toEqual([["a"], ["b"]]);
  });

  it("goes on with its own files when others are declared that replace earlier ones", () => {
    const { queue, board, calls, events, declare } = start();
    queue.push(sources("a", "b"));
    events.emit("files", { first: 0, count: 1, isOwn: true, sources: sources("changed") });
    expect(board.pending.undeclared.map(({ name }) => name)).toEqual(["a", "b"]);
    declare(1, 2);
    queue.push(sources("c"));
    expect(calls).toEqual([["a", "b"], ["c"]]);
  });
});
