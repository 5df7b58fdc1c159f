import * as fc from "fast-check";
import { expect, test } from "vitest";
import { batchFolder, fileIdOf, objectKey, safeName, truncate } from "./keys.ts";

/** Any code point, surrogates included. */
const anyCharacter = fc
  .integer({ min: 0, max: 0x10_ff_ff })
  .map((code) => String.fromCodePoint(code));

const bytesOf = (text: string) => new TextEncoder().encode(text).length;

test("a file's key is the batch's folder, the file's id and its name", () => {
  const folder = batchFolder("0a1b");
  expect(folder).toBe("0a1b/");
  const key = objectKey({ folder, id: 7, name: "photo.jpg" });
  expect(key).toBe("0a1b/7/photo.jpg");
  expect(fileIdOf(folder, key)).toBe(7);
});

test("a prefix comes before the batch's folder", () => {
  const folder = batchFolder("0a", "b/c/");
  expect(folder).toBe("b/c/0a/");
  expect(fileIdOf(folder, objectKey({ folder, id: 12, name: "3/4" }))).toBe(12);
});

test("a key without a file's id belongs to no file", () => {
  expect(fileIdOf("0a/", "0a/readme.txt")).toBeNaN();
});

test.each([
  ["photo (1).jpg", "photo (1).jpg"],
  ["naïve+café@home.txt", "naïve+café@home.txt"],
  // Composed (NFC), because some systems send decomposed names.
  ["cafe\u0301", "caf\u00e9"],
  ["日本語.png", "日本語.png"],
  ["مرحبا.txt", "مرحبا.txt"],
  ["🎉.gif", "🎉.gif"],
  ["../../etc/passwd", "passwd"],
  ["..\\..\\boot.ini", "boot.ini"],
  ["folder/", "file"],
  ["..", "_"],
  [".htaccess", "_htaccess"],
  ["...hidden", "_hidden"],
  ["   ", "file"],
  ["", "file"],
  ["tab\there", "tab_here"],
  ["nul\u0000.png", "nul_.png"],
  ["\u001b[31mred", "__31mred"],
  ["evil\u202egnp.exe", "evil_gnp.exe"],
  ["\u200eleft", "_left"],
  ['a?b*c:d|e<f>g"h.txt', "a_b_c_d_e_f_g_h.txt"],
  ["$(rm -rf ~);`x`.sh", "_(rm -rf _)__x_.sh"],
  ["#1 &co=%41.txt", "_1 _co__41.txt"],
])("the safe name of %j is %j", (name, safe) => {
  expect(safeName(name)).toBe(safe);
});

test("a name of 2,000 characters is cut to 512 bytes and keeps its extension", () => {
  for (const name of [`${"x".repeat(2000)}.jpeg`, `${"日".repeat(2000)}.jpeg`]) {
    const safe = safeName(name);
    expect(bytesOf(safe)).toBeLessThanOrEqual(512);
    expect(bytesOf(safe)).toBeGreaterThan(505);
    expect(safe).toMatch(/^(?:x+|日+)\.jpeg$/u);
  }
});

test("every name gives a key that R2 accepts and that stays in its folder", () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter, maxLength: 600 }), (name) => {
      const safe = safeName(name);
      expect(safe).not.toMatch(/[/\\\p{Cc}\p{Cf}\p{Cs}]|^\./u);
      expect(safe).not.toBe("");
      const folder = batchFolder("0".repeat(32), `${"p".repeat(255)}/`);
      expect(bytesOf(objectKey({ folder, id: 9999, name }))).toBeLessThan(1024);
    }),
  );
});

test("truncate() cuts between characters", () => {
  expect(truncate("héllo", 10)).toBe("héllo");
  expect(truncate("ééééé", 5)).toBe("éé");
  expect(truncate("🎉🎉🎉.gif", 10)).toBe("🎉.gif");
  expect(truncate("name.with-a-tail-too-long-to-be-one", 8)).toBe("name.wit");
});

test("a recorded key is used as it is", () => {
  const file = { folder: "batch/", id: 3, name: "name.txt" };
  expect(objectKey({ ...file, key: "batch/3/name of another version" })).toBe(
    "batch/3/name of another version",
  );
});
