import { describe, expect, it } from "vitest";
import { csvOf } from "./csv.ts";

describe("csvOf", () => {
  it("begins with a byte order mark and ends every row with CRLF", () => {
    expect(
      csvOf([
        ["Name", "Bytes"],
        ["a.txt", 12],
      ]),
    ).toBe("\u{FEFF}Name,Bytes\r\na.txt,12\r\n");
  });

  it("quotes what would end a cell or a row", () => {
    expect(csvOf([['a "b", c', "d\ne"]])).toBe('\u{FEFF}"a ""b"", c","d\ne"\r\n');
  });

  it.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])("does not let %j be a formula", (text) => {
    expect(csvOf([[text]])).toBe(`\u{FEFF}'${text}\r\n`);
  });

  it("does not let what begins with a carriage return be a formula", () => {
    expect(csvOf([["\r=1"]])).toBe('\u{FEFF}"\'\r=1"\r\n');
  });
});
