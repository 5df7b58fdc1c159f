import { describe, expect, it } from "vitest";
import { csvOf } from "./csv.ts";

describe("csvOf", () => {
  it("starts with a byte order mark and ends every row with CRLF", () => {
    expect(
      csvOf([
        ["Name", "Bytes"],
        ["a.txt", 12],
      ]),
    ).toBe("\u{FEFF}Name,Bytes\r\na.txt,12\r\n");
  });

  it("quotes cells with quotes, commas or line breaks", () => {
    expect(csvOf([['a "b", c', "d\ne"]])).toBe('\u{FEFF}"a ""b"", c","d\ne"\r\n');
  });

  it.each(["=1+1", "+1", "-1", "@SUM(A1)", "＝1+1", "＋1", "－1", "＠SUM(A1)", " =1"])(
    "escapes the formula %j",
    (text) => {
      expect(csvOf([[text]])).toBe(`\u{FEFF}'${text}\r\n`);
    },
  );

  it.each([
    ["\t=1", `"'\t'=1"`],
    ["\r=1", `"'\r'=1"`],
    ["a\n=1", `"a\n'=1"`],
    ["a;=1;b", `"a;'=1;b"`],
    ["a; ＝1", `"a;' ＝1"`],
    ['a;"=1"', `"a;'""=1"""`],
    [";;-1", `";;'-1"`],
  ])("escapes a formula after a separator: %j", (text, cell) => {
    expect(csvOf([[text]])).toBe(`\u{FEFF}${cell}\r\n`);
  });

  it("leaves other signs as they are", () => {
    expect(csvOf([["a=b", "c - d", "e;f", "2026-11-29"]])).toBe(
      '\u{FEFF}a=b,c - d,"e;f",2026-11-29\r\n',
    );
  });
});
