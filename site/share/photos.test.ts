import { expect, it } from "vitest";
import { photoCount } from "./photos.ts";

function countOf(names: string[], type = ""): number {
  return photoCount({ count: names.length, name: (file) => names[file] ?? "", type: () => type })
    .value;
}

it.each([
  "a.jpg",
  "A.JPEG",
  "b.heic",
  "c.CR2",
  "c.cr3",
  "d.NEF",
  "e.arw",
  "f.dng",
  "g.raf",
  "h.tif",
])("counts %s", (name) => {
  expect(countOf([name])).toBe(1);
});

it.each(["notes.txt", "a.png", "crew", "x.arwen", "nef"])("doesn't count %s", (name) => {
  expect(countOf([name])).toBe(0);
});

it("counts by type as well, and photos after many other files", () => {
  expect(countOf(["scan"], "image/tiff")).toBe(1);
  const texts = Array.from({ length: 300 }, (_, file) => `${file}.pdf`);
  expect(countOf([...texts, "a.jpg"])).toBe(1);
});
