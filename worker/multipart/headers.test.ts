import { describe, expect, test } from "vitest";
import { ProblemError } from "../http/problem.ts";
import { utf8 } from "../testing/multipart.ts";
import { parseBoundary, parsePartHeaders } from "./headers.ts";

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
  [`form-data; name="f"; filename="a.txt"; filename*=latin1''%A4.txt`, "f", "a.txt"],
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

test("white space may follow a boundary", () => {
  const part = parsePartHeaders(utf8(' \t\r\nContent-Disposition: form-data; name="f"'));
  expect(part).toMatchObject({ name: "f" });
});

test.each([
  ["no header", headers()],
  ["no name parameter", headers("Content-Disposition: form-data")],
  ["no colon", headers("Content-Disposition")],
  ["an invalid header name", headers("Content Disposition: form-data; name=f")],
  ["a folded line", headers("Content-Disposition: form-data;", ' name="f"')],
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
