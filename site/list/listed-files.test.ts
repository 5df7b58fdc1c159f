import { expect, it } from "vitest";
import type { Source } from "../../client/index.ts";
import { Ledger } from "../../client/ledger.ts";
import { noPendingFiles } from "../batch/pending-files.ts";
import { ListedFiles } from "./listed-files.ts";

const declared = (name: string) => ({ name, path: `a/${name}`, size: 7, type: "" });
const undeclared = (name: string): Source => ({ name, path: `a/${name}`, blob: new Blob([name]) });
const found = (name: string) => ({ name, path: `a/${name}` });

/** Name, path and size of each file, in the order of the list. */
function rowsOf(listed: ListedFiles) {
  return Array.from({ length: listed.count }, (_, id) => [
    listed.name(id),
    listed.path(id),
    listed.knownSize(id),
  ]);
}

it("a file keeps its place from being found until it is declared", () => {
  const pending = noPendingFiles();
  const board = { ledger: new Ledger(), pending };
  const listed = new ListedFiles(board);
  const files = ["one", "two", "three"].map(found);
  board.pending.found.add(files);
  expect(rowsOf(listed)).toEqual([
    ["one", "a/one", null],
    ["two", "a/two", null],
    ["three", "a/three", null],
  ]);
  files.splice(0, 2);
  board.pending.undeclared.push(undeclared("one"), undeclared("two"));
  board.ledger.add([declared("one")]);
  board.pending.undeclared.shift();
  expect(rowsOf(listed)).toEqual([
    ["one", "a/one", 7],
    ["two", "a/two", 3],
    ["three", "a/three", null],
  ]);
});

it("lists the files of several drops one after the other", () => {
  const pending = noPendingFiles();
  const listed = new ListedFiles({ ledger: new Ledger(), pending });
  const first = [found("early"), found("next")];
  pending.found.add(first).add([found("late")]);
  first.splice(0, 1);
  expect(rowsOf(listed).map(([name]) => name)).toEqual(["next", "late"]);
  pending.found.delete(first);
  expect(rowsOf(listed).map(([name]) => name)).toEqual(["late"]);
});

it("returns empty values for an unknown file", () => {
  const listed = new ListedFiles({
    ledger: new Ledger(),
    pending: noPendingFiles(),
  });
  expect(listed.name(3)).toBe("");
  expect(listed.path(3)).toBeNull();
  expect(listed.size(3)).toBe(0);
  expect(listed.state(3)).toBe("queued");
});

it("lists a file that couldn't be declared as failed, with the reason", () => {
  const pending = noPendingFiles();
  const [one, two] = [undeclared("one"), undeclared("two")];
  pending.undeclared.push(one, two);
  pending.refused.set(two, "quota_exceeded");
  const ledger = new Ledger();
  ledger.add([declared("zero")]);
  const listed = new ListedFiles({ ledger, pending });
  expect([0, 1, 2].map((id) => [listed.state(id), listed.errorCode(id)])).toEqual([
    ["queued", null],
    ["queued", null],
    ["failed", "quota_exceeded"],
  ]);
});
