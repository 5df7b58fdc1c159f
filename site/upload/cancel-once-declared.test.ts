import { expect, it } from "vitest";
import type { Source } from "../../client/index.ts";
import type { ViewEvents } from "../../client/view.ts";
import { Emitter } from "../../client/emitter.ts";
import { cancelOnceDeclared } from "./cancel-once-declared.ts";

it("cancels a file once it is declared, and no other that gets its id", () => {
  const events = new Emitter<ViewEvents>();
  const calls: (readonly number[] | undefined)[] = [];
  const cancel = async (files?: readonly number[]): Promise<void> => void calls.push(files);
  const [a, b, c]: Source[] = ["a", "b", "c"].map((name) => ({ name, blob: new Blob() }));
  if (!a || !b || !c) throw new Error("Three sources are made above.");

  cancelOnceDeclared({ cancel, on: events.on.bind(events) }, c);
  events.emit("files", { first: 0, count: 1, isOwn: true, sources: [a] });
  events.emit("files", { first: 1, count: 3, isOwn: false });
  expect(calls).toEqual([]);
  events.emit("files", { first: 4, count: 2, isOwn: true, sources: [b, c] });
  events.emit("files", { first: 6, count: 1, isOwn: true, sources: [a] });
  expect(calls).toEqual([[5]]);
});
