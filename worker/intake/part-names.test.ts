import type { PartInfo } from "multipasta";
import { expect, test } from "vitest";
import { headerOf, withNames } from "./part-names.ts";

/** A part as the parser gives it, but for what it makes of the names. */
function part(disposition: string, headers: PartInfo["headers"] = {}): PartInfo {
  return {
    name: "",
    contentType: "text/plain",
    contentTypeParameters: {},
    contentDisposition: "form-data",
    contentDispositionParameters: {},
    headers: { "content-disposition": disposition, ...headers },
  };
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
])("the names of %j", (disposition, name, filename) => {
  expect(withNames(part(disposition))).toMatchObject({ name, filename });
});

test("a part without names keeps what the parser gave it", () => {
  expect(withNames(part("form-data"))).toMatchObject({ name: "", filename: undefined });
});

test("a header that is missing is null, one that is repeated has its values joined", () => {
  const digests = part("form-data", { "content-digest": ["a", "b"] });
  expect(headerOf(digests, "content-digest")).toBe("a,b");
  expect(headerOf(digests, "content-type")).toBeNull();
});
