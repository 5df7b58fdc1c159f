import { expect, test } from "vitest";
import { utf8 } from "../testing/multipart.ts";
import { parseContentDigest, sha256Hex } from "./digest.ts";

// From RFC 9530, appendix B.1.
const BODY = utf8('{"hello": "world"}\n');
const FIELD = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:";
const OTHER = "md5=:rL0Y20zC+Fzt72VPzMSk2A==:";
const HEX = "44aff4ab2d7c3250525675a08f0cfa9591168cffe51791c5f5bbc417c15a6c38";

test("sha256Hex() returns the digest of RFC 9530", async () => {
  expect(await sha256Hex(BODY)).toBe(HEX);
  expect(await sha256Hex(new Uint8Array())).toMatch(/^e3b0c44298fc1c14/u);
});

test.each([
  FIELD,
  ` ${FIELD}`,
  `sha-512=:YMAam51Jz/jOATT6/zvHrLVgOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZOtw8MjkM7iw7yZ/WkppmM44T3qg==:, ${FIELD}`,
  `${FIELD},md5=:x:`,
])("Content-Digest %j is parsed", (header) => {
  expect(parseContentDigest(header)).toBe(HEX);
});

// RFC 9530 lets a recipient ignore algorithms that it doesn't know.
test.each([OTHER, `${OTHER},${OTHER}`, FIELD.replace("sha-256", "xsha-256")])(
  "Content-Digest %j has no digest to check",
  (header) => {
    expect(parseContentDigest(header)).toBeNull();
  },
);

test("a missing Content-Digest is null", () => {
  expect(parseContentDigest(null)).toBeNull();
});

test.each([
  "",
  "sha-256",
  "sha-256=",
  `sha-256=${HEX}`,
  "sha-256=:AAAA:",
  "md5=:x:",
  `${OTHER}, md5`,
  `${OTHER}, sha-256=:AAAA:`,
  FIELD.replace("sha-256", "SHA-256"),
  FIELD.replaceAll(":", ""),
])("Content-Digest %j is refused", (header) => {
  expect(() => parseContentDigest(header)).toThrow(
    expect.objectContaining({ code: "malformed_request" }),
  );
});
