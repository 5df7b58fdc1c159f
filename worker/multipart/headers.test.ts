import { describe, expect, test } from "vitest";
import { ProblemError } from "../http/problem.ts";
import { utf8 } from "../testing/multipart.ts";
import { parseBoundary, parsePartHeaders } from "./headers.ts";
import { parseParameters } from "./parameters.ts";

/** Returns a part's headers, as they follow a boundary. */
function headers(...lines: string[]): Uint8Array {
  return utf8(["", ...lines].join("\r\n"));
}

test.each([
  ['form-data; name="7"', "7", undefined],
  ["form-data; name=7", "7", undefined],
  ['form-data;name="7";filename="a.txt"', "7", "a.txt"],
  ['form-data; filename="a.txt"; name="7"', "7", "a.txt"],
  ['form-data; NAME="7"; FileName="a.txt"', "7", "a.txt"],
  ['form-data; name="f"; filename=""', "f", ""],
  ['form-data; name="f"; filename="日本 🎉; name=x.png"', "f", "日本 🎉; name=x.png"],
  ['form-data; name="f"; filename="say %22hi%22%0d%0a"', "f", 'say "hi"\r\n'],
  ['form-data; name="f"; filename="say \\"hi\\""', "f", 'say "hi"'],
  ['form-data; name="f"; filename="C:\\dir\\"', "f", "C:\\dir\\"],
  ['form-data; name="f"; filename="100%25.txt"', "f", "100%25.txt"],
  [`form-data; name="f"; filename="_.txt"; filename*=UTF-8''%E2%82%AC.txt`, "f", "€.txt"],
  [`form-data; name="f"; filename*=utf-8'en'rate.txt`, "f", "rate.txt"],
  [`form-data; name="f"; filename="a.txt"; filename*=iso-8859-1''%A4.txt`, "f", "¤.txt"],
  [`form-data; name="f"; filename*=unknown-charset''%A4.txt`, "f", "%A4.txt"],
  [`form-data; name="f"; filename*=a.txt`, "f", "a.txt"],
  [`form-data; name*=UTF-8''%E2%82%AC; filename="a.txt"`, "€", "a.txt"],
  ['form-data; name="f"; filename="C:\\dir\\"; size=3', "f", "C:\\dir\\"],
  ['form-data; name="f"; filename="a\\\\b\\\"c"', "f", 'a\\b"c'],
  ['form-data; name="f"; filename="say "hi".txt"', "f", 'say "hi".txt'],
  ['form-data; name="f\\"; filename="a.txt"', "f\\", "a.txt"],
  ['form-data; name = "f" ; filename = a.txt ;', "f", "a.txt"],
  ['form-data; name="f"; filename="=?UTF-8?B?w7wudHh0?="', "f", "ü.txt"],
  ['form-data; name="f"; filename="=?iso-8859-1?Q?f=FC_a?= =?utf-8?q?.txt?="', "f", "fü a.txt"],
  ['form-data; name="f"; filename="=?none?B?w7wudHh0?="', "f", "=?none?B?w7wudHh0?="],
  ['form-data; filename="a.txt"', "", "a.txt"],
])("the names of %j are parsed", (disposition, name, filename) => {
  const part = parsePartHeaders(headers(`Content-Disposition: ${disposition}`));
  expect(part).toMatchObject({ name, filename, contentType: undefined });
});

test("the values of a repeated header are trimmed and joined", () => {
  const part = parsePartHeaders(
    headers(
      'content-DISPOSITION:form-data;name="f"',
      "X-Note: \ta ",
      "x-note:b",
      "Content-Type: image/png",
    ),
  );
  expect(part.headers.get("x-note")).toBe("a,b");
  expect(part.headers.get("content-digest")).toBeUndefined();
  expect(part.contentType).toBe("image/png");
});

test("folded lines are joined", () => {
  const part = parsePartHeaders(
    headers(
      "Content-Disposition: form-data;",
      '\t name="f";',
      ' filename="a.txt"',
      "X-A: 1,",
      " 2",
    ),
  );
  expect(part).toMatchObject({ name: "f", filename: "a.txt" });
  expect(part.headers.get("x-a")).toBe("1, 2");
});

test("headers that are not UTF-8 are read as Windows-1252", () => {
  const text = 'Content-Disposition: form-data; name="f"; filename="f\u00FC.txt"';
  const bytes = Uint8Array.from(`\r\n${text}`, (character) => character.charCodeAt(0));
  expect(parsePartHeaders(bytes)).toMatchObject({ filename: "fü.txt" });
  expect(parsePartHeaders(utf8(`\r\n${text}`))).toMatchObject({ filename: "fü.txt" });
});

test("a nested part without a name has that of its field", () => {
  const disposition = headers('Content-Disposition: attachment; filename="a.txt"');
  expect(parsePartHeaders(disposition, "photos")).toMatchObject({ name: "photos" });
  expect(parsePartHeaders(headers(), "photos")).toMatchObject({
    name: "photos",
    filename: undefined,
  });
});

// With a pattern that can match in several ways, each of these would take until the time limit.
test.each([
  ["quotes that never end", `form-data; ${'a="'.repeat(4000)}`, ["a"]],
  ["escapes that never end", `form-data; name="${"\\\\".repeat(4000)}`, ["name"]],
  ["white space", `form-data; name=f;${" ".repeat(12_000)}`, ["name"]],
  ["quotes before white space", `form-data; name="${'" '.repeat(6000)}`, ["name"]],
])("a header with %s is read in one pass", (_, disposition, names) => {
  expect([...parseParameters(disposition).keys()]).toEqual(names);
});

test("white space may follow a boundary", () => {
  const part = parsePartHeaders(utf8(' \t\r\nContent-Disposition: form-data; name="f"'));
  expect(part).toMatchObject({ name: "f" });
});

test.each([
  ["no header", headers()],
  ["no name parameter", headers("Content-Disposition: form-data")],
  ["no colon", headers("Content-Disposition")],
  ["an invalid header name", headers("Content Disposition: form-data; name=f")],
  ["a continued line before the first header", headers(" name=f")],
  ["a control character", headers('Content-Disposition: form-data; name="\0"')],
  ["a longer boundary", utf8('more\r\nContent-Disposition: form-data; name="f"')],
  [
    "broken percent-encoding",
    headers("Content-Disposition: form-data; name=f; filename*=UTF-8''%E2"),
  ],
])("headers are refused for %s", (_, bytes) => {
  expect(() => parsePartHeaders(bytes)).toThrow(ProblemError);
});

describe("a form's boundary", () => {
  test.each([
    ["multipart/form-data; boundary=abc", "abc"],
    ['Multipart/Form-Data;charset=utf-8;BOUNDARY="a b:c"', "a b:c"],
  ])("of %s", (type, boundary) => {
    expect(parseBoundary(type)).toBe(boundary);
  });

  test.each([
    "",
    "multipart/form-data",
    "multipart/mixed; boundary=abc",
    "multipart/form-data; boundary=",
    `multipart/form-data; boundary=${"x".repeat(71)}`,
  ])("is missing from %j", (type) => {
    expect(() => parseBoundary(type)).toThrow(ProblemError);
  });
});
