import { signal } from "@preact/signals";
import { describe, expect, it } from "vitest";
import { Emitter } from "../../client/emitter.ts";
import type { ClientCode, ClientProblem, Source } from "../../client/index.ts";
import { Ledger } from "../../client/ledger.ts";
import { UndeclaredFiles } from "../../client/undeclared-files.ts";
import type { ViewEvents } from "../../client/view.ts";
import { noPendingFiles } from "../batch/pending-files.ts";
import { DeclarationQueue } from "./declaration-queue.ts";

function sources(...names: string[]): Source[] {
  return names.map((name) => ({ name, blob: new Blob([name]) }));
}

/** An uploader that records its declarations, which the test ends. */
class FakeUploader {
  readonly events = new Emitter<ViewEvents>();
  readonly on = this.events.on.bind(this.events);
  readonly calls: string[][] = [];
  readonly files = new UndeclaredFiles();
  resumableBatch: { id: string; tokens: { write: string } } | null = null;
  isSealed = false;
  cancelled = false;

  get undeclared(): ReadonlyMap<Source, ClientCode> {
    return this.files.codes;
  }

  add(added: readonly Source[]): void {
    this.files.delete(added);
    this.calls.push(added.map(({ name }) => name));
  }

  retry(): void {
    if (!this.isSealed && this.undeclared.size > 0) this.add([...this.undeclared.keys()]);
  }

  discardUndeclared(): void {
    this.files.delete();
  }
}

/** Starts a queue. */
function start({ hasBatch = true } = {}) {
  const uploader = new FakeUploader();
  if (hasBatch) uploader.resumableBatch = { id: "b", tokens: { write: "w" } };
  const pending = noPendingFiles();
  const dirty: number[] = [];
  const board = {
    ledger: new Ledger(),
    pending,
    problem: signal<ClientProblem | null>(null),
    retryAdding: signal<(() => void) | null>(null),
    markDirty: (files: Iterable<number> = []) => void dirty.push(...files),
  };
  const queue = new DeclarationQueue(uploader, board);
  /** Reports that the next `count` files were declared. */
  const declare = (first: number, count: number): void => {
    const declared = pending.undeclared.slice(0, count);
    uploader.events.emit("files", { first, count, isOwn: true, sources: declared });
  };
  /** Reports that `count` files from the one at `from` on couldn't be declared. */
  const refuse = (code: ClientCode, from: number, count: number): void => {
    const refused = pending.undeclared.slice(from, from + count);
    uploader.files.add(refused, code, false);
    uploader.events.emit("undeclared", { sources: refused, code });
  };
  const { calls } = uploader;
  const refused = () => [...pending.refused].map(([{ name }, code]) => `${name} ${code}`);
  return { queue, board, pending, uploader, calls, declare, refuse, refused, dirty };
}

describe("DeclarationQueue", () => {
  it("declares files at once, and later files together after that", () => {
    const { queue, pending, calls, declare } = start();
    queue.push(sources("a", "b"));
    queue.push(sources("c"));
    queue.push(sources("d"));
    expect(calls).toEqual([["a", "b"]]);
    expect(pending).toMatchObject({ undeclaredBytes: 4, added: 4 });
    declare(0, 2);
    expect(pending.undeclaredBytes).toBe(2);
    expect(calls).toEqual([
      ["a", "b"],
      ["c", "d"],
    ]);
  });

  it("keeps the files of a batch that couldn't be created, in order, until the retry", () => {
    const { queue, board, calls, refuse, refused } = start({ hasBatch: false });
    queue.push(sources("a"));
    refuse("unauthorized", 0, 1);
    queue.push(sources("b"));
    expect([queue.isStalled.value, calls, refused()]).toEqual([true, [["a"]], []]);
    board.retryAdding.value?.();
    expect([queue.isStalled.value, board.retryAdding.value, calls]).toEqual([
      false,
      null,
      [["a"], ["a"]],
    ]);
  });

  it("counts files that a quota refuses as failed, with later ones, until the retry", () => {
    const { queue, board, pending, calls, declare, refuse, refused, dirty } = start();
    queue.push(sources("a", "b", "c"));
    declare(0, 1);
    queue.push(sources("d"));
    refuse("quota_exceeded", 0, 2);
    queue.push(sources("e"));
    const [b, c, d, e] = ["b", "c", "d", "e"].map((name) => `${name} quota_exceeded`);
    expect([queue.isStalled.value, refused()]).toEqual([true, [b, c, d, e]]);
    // The failure line offers the retry.
    expect([board.retryAdding.value, [...new Set(dirty)]]).toEqual([null, [0, 1, 2, 3]]);

    queue.retry();
    expect([queue.isStalled.value, refused(), pending.undeclared.length]).toEqual([false, [], 4]);
    expect(calls).toEqual([
      ["a", "b", "c"],
      ["b", "c"],
    ]);
    declare(1, 2);
    expect(calls.at(-1)).toEqual(["d", "e"]);
  });

  it("declares later files if a retry can't help those that were refused", () => {
    const { queue, pending, calls, declare, refuse, refused } = start();
    queue.push(sources("a"));
    queue.push(sources("b"));
    refuse("invalid_files", 0, 1);
    expect([queue.isStalled.value, refused(), calls]).toEqual([
      false,
      ["a invalid_files"],
      [["a"], ["b"]],
    ]);
    pending.undeclared.reverse();
    declare(0, 1);
    expect(pending).toMatchObject({ undeclaredBytes: 1, undeclared: [{ name: "a" }] });
  });

  it("leaves files as failed that a sealed batch doesn't take", () => {
    const { queue, uploader, refuse, refused } = start();
    queue.push(sources("a"));
    refuse("too_many_files", 0, 1);
    uploader.isSealed = true;
    queue.retry();
    expect([refused(), uploader.calls]).toEqual([["a too_many_files"], [["a"]]]);
  });

  it("lists files that couldn't be declared in place of earlier ones", () => {
    const { queue, pending, uploader, refused } = start();
    queue.push(sources("a"));
    const changed = sources("changed");
    uploader.events.emit("undeclared", { sources: changed, code: "quota_exceeded" });
    expect(pending.undeclared.map(({ name }) => name)).toEqual(["a", "changed"]);
    expect([pending.added, refused()]).toEqual([2, ["changed quota_exceeded"]]);
  });

  it("counts files once that are given up and added again", () => {
    const { queue, pending, uploader, refuse, refused } = start();
    queue.push(sources("a", "b"));
    refuse("files_added", 0, 2);
    expect(queue.isStalled.value).toBe(true);
    const withdrawn = queue.giveUp();
    expect(pending).toMatchObject({ undeclared: [], undeclaredBytes: 0, added: 0 });
    expect([queue.isStalled.value, refused(), uploader.undeclared.size]).toEqual([false, [], 0]);
    queue.push(withdrawn);
    expect(uploader.calls).toEqual([
      ["a", "b"],
      ["a", "b"],
    ]);
    expect(pending).toMatchObject({ undeclaredBytes: 2, added: 2 });
  });

  it("passes files on that wait for a batch which was cancelled before it existed", () => {
    const { queue, uploader, calls, refuse, pending } = start({ hasBatch: false });
    queue.push(sources("a"));
    refuse("unauthorized", 0, 1);
    queue.push(sources("b"));
    uploader.cancelled = true;
    queue.end();
    expect([calls, queue.isStalled.value]).toEqual([[["a"], ["b"]], false]);
    const { undeclared } = pending;
    uploader.events.emit("files", { first: 0, count: 2, isOwn: true, sources: undeclared });
    expect(pending.undeclared).toEqual([]);
  });

  it("lists no undeclared files of a batch that was cancelled", () => {
    const { queue, pending, declare } = start();
    queue.push(sources("a", "b"));
    queue.push(sources("c"));
    declare(0, 1);
    queue.end();
    expect(pending).toMatchObject({ undeclared: [], undeclaredBytes: 0 });
  });

  it("goes on with its own files when others are declared that replace earlier ones", () => {
    const { queue, pending, calls, uploader, declare } = start();
    queue.push(sources("a", "b"));
    const changed = sources("changed");
    uploader.events.emit("files", { first: 0, count: 1, isOwn: true, sources: changed });
    expect(pending.undeclared.map(({ name }) => name)).toEqual(["a", "b"]);
    declare(1, 2);
    queue.push(sources("c"));
    expect(calls).toEqual([["a", "b"], ["c"]]);
  });
});
