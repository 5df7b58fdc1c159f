import { expect, it } from "vitest";
import { folderName } from "./folder-name.ts";
import { Folder } from "./testing/entries.ts";

function picked(path: string): File {
  const file = new File(["a"], path.slice(path.lastIndexOf("/") + 1));
  return Object.defineProperty(file, "webkitRelativePath", { value: path });
}

it.each([
  ["a dropped folder", { files: [], folders: [new Folder("Anna & Tomás", [])] }, "Anna & Tomás"],
  ["a chosen folder", { files: [picked("Rome/day 1/a.jpg")], folders: [] }, "Rome"],
  ["single files", { files: [picked("a.jpg"), picked("b.jpg")], folders: [] }, null],
  ["a source of an app", { files: [{ name: "a", blob: new Blob() }], folders: [] }, null],
  ["several folders", { files: [], folders: [new Folder("a", []), new Folder("b", [])] }, null],
  ["a folder and files", { files: [new File([], "a.jpg")], folders: [new Folder("b", [])] }, null],
  [
    "a name that is too long",
    { files: [], folders: [new Folder("é".repeat(300), [])] },
    "é".repeat(200),
  ],
])("names a batch after its folder: %s", (_case, incoming, name) => {
  expect(folderName(incoming)).toBe(name);
});
