import { expect, it } from "vitest";
import type { Source } from "../../client/index.ts";
import { Ledger } from "../../client/ledger.ts";
import type { FoundFile } from "../upload/read-folders.ts";
import type { PendingFiles } from "../batch/pending-files.ts";
import { ListedFiles } from "./listed-files.ts";

const declared = (name: string) => ({ name, path: `a/${name}`, size: 7, type: "" });
const waiting = (name: string): Source => ({ name, path: `a/${name}`, blob: new Blob([name]) });
const found = (name: string) => ({ name, path: `a/${name}` });

/** Names, folders with names, and sizes, in the order of the list. */
function rowsOf(listing: ListedFiles) {
  return Array.from({ length: listing.count }, (_, id) => [
    listing.name(id),
    listing.path(id),
    listing.knownSize(id),
  ]);
}

it("a file keeps its place from when it is found until it is declared", () => {
  const pending: PendingFiles = { undeclared: [], found: new Set() };
  const board = { ledger: new Ledger(), pending };
  const listing = new ListedFiles(board);
  const files = ["one", "two", "three"].map(found);
  board.pending.found.add(files);
  expect(rowsOf(listing)).toEqual([
    ["one", "a/one", null],
    ["two", "a/two", null],
    ["three", "a/three", null],
  ]);
  files.splice(0, 2);
  board.pending.undeclared.push(waiting("one"), waiting("two"));
  board.ledger.add([declared("one")]);
  board.pending.undeclared.shift();
  expect(rowsOf(listing)).toEqual([
    ["one", "a/one", 7],
    ["two", "a/two", 3],
    ["three", "a/three", null],
  ]);
});

it("what several drops find is listed one after the other", () => {
  const pending: PendingFiles = { undeclared: [], found: new Set() };
  const listing = new ListedFiles({ ledger: new Ledger(), pending });
  const first = [found("early"), found("next")];
  pending.found.add(first).add([found("late")]);
  first.splice(0, 1);
  expect(rowsOf(listing).map(([name]) => name)).toEqual(["next", "late"]);
  pending.found.delete(first);
  expect(rowsOf(listing).map(([name]) => name)).toEqual(["late"]);
});

it("of a row that has gone nothing is known", () => {
  const listing = new ListedFiles({
    ledger: new Ledger(),
    pending: { undeclared: [], found: new Set<FoundFile[]>() },
  });
  expect(listing.name(3)).toBe("");
  expect(listing.path(3)).toBeNull();
  expect(listing.size(3)).toBe(0);
  expect(listing.state(3)).toBe("queued");
});
