import { expect, it } from "vitest";
import { folderOfEntry, groupByFolder, headingOf } from "./folder-groups.ts";

/** Folders of the files 0 to 5. */
const FOLDERS = [1, 0, 1, 2, 0, 3];
const grouping = {
  folders: 4,
  folderOf: (file: number) => FOLDERS[file] ?? 0,
  order: Uint32Array.of(2, 1, 0),
  hasHeading: () => true,
  isCollapsed: () => false,
};
const [zero, one, two, three] = [0, 1, 2, 3].map(headingOf);

it("puts a heading before the files of each folder, which keep their order", () => {
  const { entries, filesIn } = groupByFolder(Uint32Array.of(5, 4, 3, 2, 1, 0), grouping);
  expect([...entries]).toEqual([two, 3, one, 2, 0, zero, 4, 1, three, 5]);
  expect(filesIn(0)).toEqual(Uint32Array.of(4, 1));
  expect(filesIn(4)).toHaveLength(0);
  expect([two, 3].map((entry) => folderOfEntry(entry ?? 0))).toEqual([2, null]);
});

it("leaves out empty folders, and the files of collapsed ones", () => {
  const isCollapsed = (folder: number) => folder === 1;
  const { entries } = groupByFolder(Uint32Array.of(0, 1, 2, 4), { ...grouping, isCollapsed });
  expect([...entries]).toEqual([one, zero, 1, 4]);
});

it("has no heading for files without a folder", () => {
  const hasHeading = (folder: number) => folder !== 0;
  const { entries } = groupByFolder(Uint32Array.of(0, 1), { ...grouping, hasHeading });
  expect([...entries]).toEqual([one, 0, 1]);
});
