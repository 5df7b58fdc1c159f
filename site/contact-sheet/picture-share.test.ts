import { describe, expect, it } from "vitest";
import { PictureShare } from "./picture-share.ts";

/** A batch of files, all of which are declared or none. */
function start(names: string[], { type = "", isDeclared = true } = {}) {
  const files = {
    get count() {
      return names.length;
    },
    name: (file: number) => names[file] ?? "",
    type: () => type,
  };
  return new PictureShare(isDeclared ? files : { count: 0 }, files);
}

function named(count: number, extension: string): string[] {
  return Array.from({ length: count }, (_, file) => `${file}.${extension}`);
}

describe.each([true, false])("PictureShare of files that are declared: %s", (isDeclared) => {
  it.each([
    [[], false],
    [["a.jpg", "notes.txt", "b.pdf", "c.pdf"], true],
    [["a.jpg", ...named(4, "pdf")], false],
    [["IMG_1.HEIC"], true],
    [["a.jpg", ...named(9999, "txt")], false],
    [[...named(256, "jpg"), ...named(9744, "txt")], false],
    [[...named(300, "pdf"), ...named(490, "jpg")], true],
    [[...named(490, "jpg"), ...named(490, "cr2")], true],
  ])("%o: %s", (names, expected) => {
    expect(start(names, { isDeclared }).isEnough).toBe(expected);
  });
});

describe("PictureShare", () => {
  it("counts pictures that come after many other files", () => {
    const names = named(300, "pdf");
    const share = start(names);
    expect(share.isEnough).toBe(false);
    names.push(...named(490, "jpg"));
    expect(share.isEnough).toBe(true);
  });

  it("trusts a type more than a name, if it says anything", () => {
    expect(start(["a.jpg"], { type: "text/plain" }).isEnough).toBe(false);
    expect(start(["a"], { type: "image/png" }).isEnough).toBe(true);
    expect(start(["a.heic"], { type: "application/octet-stream" }).isEnough).toBe(true);
  });
});
