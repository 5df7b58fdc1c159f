import { expect, test } from "vitest";
import { utf8 } from "../testing/multipart.ts";
import { sha256Hex } from "./digest.ts";

test("sha256Hex() returns the digest of RFC 9530, appendix B.1", async () => {
  const hex = "44aff4ab2d7c3250525675a08f0cfa9591168cffe51791c5f5bbc417c15a6c38";
  expect(await sha256Hex(utf8('{"hello": "world"}\n'))).toBe(hex);
  expect(await sha256Hex(new Uint8Array())).toMatch(/^e3b0c44298fc1c14/u);
});
