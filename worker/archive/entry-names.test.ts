import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { entryNames } from "./entry-names.ts";

const nameOf = (path: string) => entryNames([path])[0];

describe("a path in an archive", () => {
  test.each([
    ["a.txt", "a.txt"],
    ["trip/día 1/🎉 (2).txt", "trip/día 1/🎉 (2).txt"],
    [".hidden/.file", ".hidden/.file"],
    ["..almost/a..b", "..almost/a..b"],
  ])("is the declared one: %s", (path, name) => {
    expect(nameOf(path)).toBe(name);
  });

  test.each([
    ["/etc/x", "etc/x"],
    ["//server/share/x", "server/share/x"],
    ["C:\\x", "x"],
    ["c:x", "x"],
    ["C:D:\\x", "x"],
    [" C:/x", "x"],
    ["\\\\host\\share\\x", "host/share/x"],
    ["\\\\?\\C:\\x", "_/C_/x"],
    ["../../x", "x"],
    [".. /x", "x"],
    ["... ./x", "x"],
    ["a/./b/../c", "a/b/c"],
    ["a\\..\\..\\b", "a/b"],
    ["a//b///c", "a/b/c"],
    ["a. /b. . ", "a/b"],
    ["a\u0000b\u0007/c\u009f\nd", "ab/cd"],
    ["..\u0000/x", "x"],
    ["\u202egnp.exe", "gnp.exe"],
    ["\u2066a\u2069", "a"],
    ["ab:stream", "ab_stream"],
    ['<a>|"b"?*', "_a___b___"],
    ["con", "_con"],
    ["aux.txt/COM1", "_aux.txt/_COM1"],
    ["LPT9 .tar.gz", "_LPT9 .tar.gz"],
    ["console", "console"],
    ["half \ud800 pair", "half \ufffd pair"],
    ["e\u0301", "\u00e9"],
  ])("leads nowhere else: %j is %j", (path, name) => {
    expect(nameOf(path)).toBe(name);
  });

  test.each(["", ".", "..", "/", "\\", "C:", "C:\\", "\u0001", ". .", "../..", "\u202e"])(
    "of which nothing is left has a name: %j",
    (path) => {
      expect(nameOf(path)).toBe("file");
    },
  );

  test("of which only folders are left has a name", () => {
    expect(entryNames(["a/", "a/..", "b/. "])).toEqual(["a/file", "a/file (2)", "b/file"]);
  });

  test("has segments that a file system takes, with their extensions", () => {
    const [name = ""] = entryNames([`${"ä".repeat(500)}/${"b".repeat(500)}.jpeg`]);
    const [folder = "", file = ""] = name.split("/");
    expect(new TextEncoder().encode(folder)).toHaveLength(240);
    expect(file).toBe(`${"b".repeat(235)}.jpeg`);
  });

  test("has at most 32 folders", () => {
    const name = nameOf(`${"a/".repeat(2000)}b`);
    expect(name).toBe(`${"a/".repeat(32)}b`);
  });

  test("is safe, whatever was declared", () => {
    const unit = fc.constantFrom(
      "a",
      "B",
      ".",
      "..",
      "/",
      "\\",
      ":",
      " ",
      "\0",
      "\u202e",
      "con",
      "é",
    );
    const path = fc.oneof(
      fc.array(unit).map((units) => units.join("")),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(fc.array(path, { maxLength: 30 }), (paths) => {
        const names = entryNames(paths);
        for (const segment of names.flatMap((name) => name.split("/"))) {
          expect(segment).not.toMatch(/^$|[. ]$|[\p{Cc}\\:]/u);
        }
        const keys = names.map((name) => name.toLowerCase().normalize("NFC"));
        expect(new Set(keys).size).toBe(paths.length);
        for (const key of keys)
          expect(keys.some((other) => other.startsWith(`${key}/`))).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});

describe("paths that are equal", () => {
  test.each([
    ["photos/a.txt", "photos/a (2).txt", "photos/a (3).txt"],
    [".profile", ".profile (2)", ".profile (3)"],
    ["a.b/c", "a.b/c (2)", "a.b/c (3)"],
    ["archive.tar.gz", "archive.tar (2).gz", "archive.tar (3).gz"],
  ])("are numbered: %s", (path, second, third) => {
    const [, ...numbered] = entryNames([path, path, path]);
    expect(numbered).toEqual([second, third]);
  });

  test("are those that differ in case, or in the composition of characters, or after cleaning", () => {
    const paths = ["A/b", "a/B", "stra\u00dfe", "STRASSE", "\u00e9", "e\u0301", "/x", "C:x"];
    expect(entryNames(paths)).toEqual([
      "A/b",
      "a/B (2)",
      "stra\u00dfe",
      "STRASSE (2)",
      "\u00e9",
      "\u00e9 (2)",
      "x",
      "x (2)",
    ]);
  });

  test("get no number that another file has", () => {
    expect(entryNames(["a", "a", "a (2)", "a"])).toEqual(["a", "a (2)", "a (2) (2)", "a (3)"]);
    expect(entryNames(["a (2)", "a", "a"])).toEqual(["a (2)", "a", "a (3)"]);
  });

  test("are a file and a folder", () => {
    expect(entryNames(["a", "a/b", "A"])).toEqual(["a (2)", "a/b", "A (3)"]);
  });

  test("are numbered in one pass", () => {
    const names = entryNames(Array.from({ length: 10_000 }, () => "a/b.txt"));
    expect(names.at(-1)).toBe("a/b (10000).txt");
    expect(new Set(names).size).toBe(10_000);
  });
});
