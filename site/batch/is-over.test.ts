import { expect, it } from "vitest";
import { NO_FILES } from "../../protocol/index.ts";
import { isAllCancelled, isOver } from "./is-over.ts";

type Facts = Parameters<typeof isOver>[0];

const OPEN = { state: "active", sealed: false } as const;
const SEALED = { state: "active", sealed: true } as const;

/** The facts of a batch that another client sends, with changes. */
function watched(changes: Partial<Facts>): Facts {
  const counts = { ...NO_FILES, completed: 10 };
  return { batch: SEALED, counts, isGrowing: false, running: undefined, ...changes };
}

it("is true once the files of a sealed batch are settled", () => {
  expect(isOver(watched({}))).toBe(true);
  expect(isOver(watched({ counts: { ...NO_FILES, processing: 1, failed: 2 } }))).toBe(true);
  expect(isOver(watched({ running: true }))).toBe(true);
});

it.each<[string, Partial<Facts>]>([
  ["the batch isn't sealed", { batch: OPEN }],
  ["the batch isn't sealed yet by its sender", { batch: OPEN, running: false }],
  ["a file waits", { counts: { ...NO_FILES, completed: 9, queued: 1 } }],
  ["a file is sent", { counts: { ...NO_FILES, uploading: 1 } }],
  ["files are looked for", { isGrowing: true, running: true }],
  ["there are no files", { counts: NO_FILES }],
  ["a failed file is retried", { counts: { ...NO_FILES, failed: 1 }, running: true }],
])("is false while %s", (_, facts) => {
  expect(isOver(watched(facts))).toBe(false);
});

it("is true for the sender of failed files that a person has to retry", () => {
  const counts = { ...NO_FILES, completed: 1, failed: 1 };
  expect(isOver(watched({ batch: OPEN, counts, running: false }))).toBe(true);
});

it("tells batches of which nothing is left from others", () => {
  expect(isAllCancelled({ ...NO_FILES, cancelled: 2 })).toBe(true);
  expect(isAllCancelled({ ...NO_FILES, cancelled: 2, failed: 1 })).toBe(false);
  expect(isAllCancelled(NO_FILES)).toBe(false);
});
