import { describe, expect, test } from "vitest";
import { sentDigest } from "./digest-fields.ts";

// From RFC 9530, appendix B.1.
const FIELD = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:";
const HEX = "44aff4ab2d7c3250525675a08f0cfa9591168cffe51791c5f5bbc417c15a6c38";
const SHA512 =
  "sha-512=:YMAam51Jz/jOATT6/zvHrLVgOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZOtw8MjkM7iw7yZ/WkppmM44T3qg==:";
const OTHER = FIELD.replace("RK", "AA");

/** Returns the digest in these headers. */
function digestOf(headers: Record<string, string>): string | null {
  const all = new Headers(headers);
  return sentDigest((name) => all.get(name) ?? undefined);
}

describe.each(["Content-Digest", "Repr-Digest"])("a %s", (name) => {
  test.each([
    FIELD,
    ` ${FIELD}`,
    `${SHA512}, ${FIELD}`,
    `${FIELD},unknown=:eA==:`,
    `${FIELD};parameter=1`,
    `${FIELD}, ${FIELD}`,
  ])("%j has a SHA-256", (value) => {
    expect(digestOf({ [name]: value })).toBe(HEX);
  });

  test.each(["", SHA512, "md5=:eA==:, unixsum=:eA==:", FIELD.replace("sha-256", "xsha-256")])(
    "%j is ignored, as it has no SHA-256",
    (value) => {
      expect(digestOf({ [name]: value })).toBeNull();
    },
  );

  test.each([
    "sha-256",
    "sha-256=",
    "sha-256=?",
    `sha-256=${HEX}`,
    "sha-256=:AAAA:",
    `${SHA512}, sha-256`,
    FIELD.replaceAll(":", ""),
    FIELD.replace("=:", ":"),
    FIELD.toUpperCase(),
    FIELD.replace("sha", "SHA"),
    "md5=:x:",
    `${FIELD}, md5=:x:`,
    `${FIELD},`,
    `,${FIELD}`,
  ])("%j is refused", (value) => {
    expect(() => digestOf({ [name]: value })).toThrow(
      expect.objectContaining({
        code: "malformed_request",
        message: `The ${name} is malformed; send \`sha-256=:…:\` with the digest in base64, or no header.`,
      }),
    );
  });
});

describe("the obsolete Digest", () => {
  const VALUE = FIELD.replaceAll(":", "");

  test.each([VALUE, VALUE.replace("sha", "SHA"), `md5=abc=,${VALUE}`])("%j is parsed", (value) => {
    expect(digestOf({ Digest: value })).toBe(HEX);
  });

  test.each([FIELD, "SHA-256", "SHA-256=AAAA"])("%j is refused", (value) => {
    expect(() => digestOf({ Digest: value })).toThrow(
      expect.objectContaining({ code: "malformed_request" }),
    );
  });
});

test("without a header, there is no digest", () => {
  expect(digestOf({})).toBeNull();
  expect(digestOf({ "Content-MD5": "eA==" })).toBeNull();
});

test.each([
  { "Content-Digest": `${FIELD}, ${OTHER}` },
  { "Content-Digest": FIELD, "Repr-Digest": OTHER },
  { "Repr-Digest": FIELD, Digest: OTHER.replaceAll(":", "") },
])("digests that differ match no content: %j", (headers) => {
  expect(() => digestOf(headers)).toThrow(expect.objectContaining({ code: "checksum_mismatch" }));
});
