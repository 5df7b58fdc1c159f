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

  it.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])("escapes the formula %j", (text) => {
    expect(csvOf([[text]])).toBe(`\u{FEFF}'${text}\r\n`);
  });

  it("escapes a formula after a carriage return", () => {
    expect(csvOf([["\r=1"]])).toBe('\u{FEFF}"\'\r=1"\r\n');
  });
});
