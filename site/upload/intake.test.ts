import { signal } from "@preact/signals";
import { describe, expect, it } from "vitest";
import type { ViewEvents } from "../../client/batch-view.ts";
import { Emitter } from "../../client/emitter.ts";
import type { ClientProblem, Source } from "../../client/index.ts";
import type { Coming } from "./pending.ts";
import { Intake } from "./intake.ts";

const unreachable: ClientProblem = { code: "connection_failed", detail: "No answer came." };

function sources(...names: string[]): Source[] {
  return names.map((name) => ({ name, blob: new Blob([name]) }));
}

/** An intake, and the calls that reach its uploader. */
function begin() {
  const events = new Emitter<ViewEvents>();
  const calls: string[][] = [];
  const add = (added: readonly Source[]) => void calls.push(added.map(({ name }) => name));
  const coming: Coming = { waiting: [], found: new Set() };
  const board = { coming, problem: signal<ClientProblem | null>(null), touch: () => undefined };
  const intake = new Intake({ add, on: events.on.bind(events) }, board);
  return { intake, board, calls, events };
}

describe("Intake", () => {
  it("declares at once, and what comes meanwhile in one go after it", () => {
    const { intake, board, calls, events } = begin();
    intake.push(sources("a", "b"));
    intake.push(sources("c"));
    intake.push(sources("d"));
    expect(calls).toEqual([["a", "b"]]);
    expect(board.coming.waiting).toHaveLength(4);
    events.emit("files", { first: 0, count: 2, isOwn: true });
    expect(calls).toEqual([
      ["a", "b"],
      ["c", "d"],
    ]);
  });

  it("keeps what could not be declared, in order, until it is tried again", () => {
    const { intake, calls, events } = begin();
    intake.push(sources("a"));
    events.emit("problem", unreachable);
    intake.push(sources("b"));
    expect(intake.isStalled.value).toBe(true);
    expect(calls).toEqual([["a"]]);
    intake.tryAgain();
    expect(calls).toEqual([["a"], ["a", "b"]]);
    expect(intake.isStalled.value).toBe(false);
  });

  it("takes no harm from a problem that was not one of declaring", () => {
    const { intake, calls, events } = begin();
    intake.push(sources("a"));
    events.emit("problem", unreachable);
    events.emit("files", { first: 0, count: 1, isOwn: true });
    expect(intake.isStalled.value).toBe(false);
    events.emit("problem", unreachable);
    expect(intake.isStalled.value).toBe(false);
    intake.push(sources("b"));
    expect(calls).toEqual([["a"], ["b"]]);
  });
});
