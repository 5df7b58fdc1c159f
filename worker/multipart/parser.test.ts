import * as fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { BOUNDARY, concat, formBody, type Part, unclosedBody, utf8 } from "../testing/multipart.ts";
import { CLIENT_FORMS } from "../testing/client-forms.ts";
import { ByteSearcher } from "./byte-search.ts";
import { cut, FORM_LIMITS, collectForm, type ReadPart } from "../testing/collect-form.ts";

afterEach(() => void vi.restoreAllMocks());

/** Content that resembles boundaries. */
const content = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .constantFrom("\r", "\n", "\r\n", "-", "--", "\r\n--", `\r\n--${BOUNDARY.slice(0, -1)}`)
        .map(utf8),
    ),
    { maxLength: 6 },
  )
  .map(concat)
  // Clients choose a boundary that the content does not contain.
  .filter((bytes) => !new TextDecoder("latin1").decode(bytes).includes(`--${BOUNDARY}`));

const someParts: fc.Arbitrary<Part[]> = fc.array(
  fc.record({ name: fc.nat(9999), bytes: content }),
  { maxLength: 6 },
);

function expectedParts(parts: readonly Part[]): ReadPart[] {
  return parts.map(({ name, filename, bytes }) => ({
    name: String(name),
    filename,
    bytes: typeof bytes === "string" ? utf8(bytes) : bytes,
  }));
}

const ONE = [{ name: 7, bytes: "hello" }];

describe("a form", () => {
  test("is parsed the same wherever its chunks end", async () => {
    await fc.assert(
      fc.asyncProperty(someParts, fc.array(fc.nat(), { maxLength: 12 }), async (parts, cuts) => {
        const { parts: found, problem } = await collectForm(cut(formBody(parts), cuts));
        expect(problem).toBeNull();
        expect(found).toEqual(expectedParts(parts));
      }),
    );
  });

  test("is parsed the same when it is cut in two at any byte", async () => {
    const parts = [
      { name: 0, bytes: "first" },
      { name: 1, bytes: "", headers: { "Content-Type": "text/plain" } },
      { name: 2, bytes: "\r\n--\r\n" },
    ];
    const body = formBody(parts);
    for (let at = 1; at < body.length; at++) {
      const found = await collectForm(cut(body, [at]));
      expect({ at, ...found }).toEqual({ at, parts: expectedParts(parts), problem: null });
    }
  });

  test("ends with its closing boundary, whatever follows", async () => {
    const body = concat([formBody(ONE), formBody(ONE)]);
    for (let at = 1; at < body.length; at++) {
      expect(await collectForm(cut(body, [at]))).toEqual({
        parts: expectedParts(ONE),
        problem: null,
      });
    }
  });

  test("is parsed the same byte by byte", async () => {
    const body = formBody(ONE);
    const found = await collectForm(
      Array.from(body, (_, index) => body.subarray(index, index + 1)),
    );
    expect(found).toEqual({ parts: expectedParts(ONE), problem: null });
  });

  test("that ends early yields complete parts only", async () => {
    await fc.assert(
      fc.asyncProperty(someParts, fc.nat(), fc.array(fc.nat()), async (parts, length, cuts) => {
        const body = formBody(parts);
        // The line break after the closing boundary may be missing.
        const truncated = body.subarray(0, length % (body.length - 2));
        const { parts: found, problem } = await collectForm(
          truncated.length > 0 ? cut(truncated, cuts) : [],
        );
        expect(problem).toMatchObject({ code: "malformed_multipart" });
        expect(found).toEqual(expectedParts(parts).slice(0, found.length));
      }),
    );
  });

  test("may have a preamble, an epilogue and no part", async () => {
    expect(await collectForm([formBody([])])).toEqual({ parts: [], problem: null });
    const wrapped = concat([utf8("preamble\r\n"), formBody(ONE), utf8("epilogue")]);
    expect(await collectForm([wrapped])).toEqual({ parts: expectedParts(ONE), problem: null });
  });

  test.each([
    ["naïve café.txt", "naïve café.txt"],
    ["日本語.png", "日本語.png"],
    ["🎉.gif", "🎉.gif"],
    ["back\\slash.txt", "back\\slash.txt"],
    ["semi;colon=.txt", "semi;colon=.txt"],
    ["100%.txt", "100%.txt"],
    // The escape that browsers use (WHATWG).
    ["%22quoted%22.txt", '"quoted".txt'],
  ])("may have a file named %j", async (sent, filename) => {
    const { parts } = await collectForm([formBody([{ name: "file", filename: sent, bytes: "x" }])]);
    expect(parts).toEqual([{ name: "file", filename, bytes: utf8("x") }]);
  });
});

describe("a form of a real client", () => {
  test.each(CLIENT_FORMS)("is parsed: $client", async ({ type, body, parts }) => {
    const expected = parts.map(([name, filename, text]) => ({ name, filename, bytes: utf8(text) }));
    expect(await collectForm([body], { type })).toEqual({ parts: expected, problem: null });
    const bytes = Array.from(body, (byte) => Uint8Array.of(byte));
    expect(await collectForm(bytes, { type })).toEqual({ parts: expected, problem: null });
  });
});

/** Returns a form with these lines, in which BOUNDARY follows two dashes. */
function formOf(...lines: readonly string[]): Uint8Array {
  return utf8(lines.join("\r\n").replaceAll("--B", `--${BOUNDARY}`));
}

const field = (name: string) => `Content-Disposition: form-data; name="${name}"`;

describe("a part", () => {
  test.each([
    ["after its headers", ["--B", field("a"), "--B", field("b"), "", "2", "--B--"]],
    ["after an empty line", ["--B", field("a"), "", "--B", field("b"), "", "2", "--B--"]],
    ["at the end", ["--B", field("a"), "", "", "--B", field("b"), "", "2", "--B--"]],
  ])("without a body ends %s, and the next one begins", async (_, lines) => {
    const parts = [
      { name: "a", filename: undefined, bytes: utf8("") },
      { name: "b", filename: undefined, bytes: utf8("2") },
    ];
    const body = formOf(...lines);
    for (let at = 1; at < body.length; at++) {
      expect(await collectForm(cut(body, [at]))).toEqual({ parts, problem: null });
    }
  });

  test("without a body may be the last one", async () => {
    const { parts, problem } = await collectForm([formOf("--B", field("a"), "--B--")]);
    expect({ parts, problem }).toMatchObject({ parts: [{ name: "a" }], problem: null });
  });

  const encodedPart = (encoding: string, text: string) =>
    formOf("--B", field("a"), `Content-Transfer-Encoding: ${encoding}`, "", text, "--B--");

  test.each([
    ["base64", "aGVsbG8=", "hello"],
    ["BASE64", " aGV\r\nsbG8\t", "hello"],
    ["base64", "", ""],
    ["quoted-printable", "h=65llo=3D=\r\n!=\n?=", "hello=!?"],
    ["quoted-printable", "h=c3=Bc", "hü"],
    ["7bit", "a=b", "a=b"],
    ["8bit", "ü", "ü"],
    ["binary", "=", "="],
  ])("in %s is decoded: %j", async (encoding, sent, text) => {
    const body = encodedPart(encoding, sent);
    for (let at = 1; at < body.length; at++) {
      expect(await collectForm(cut(body, [at]))).toMatchObject({ parts: [{ bytes: utf8(text) }] });
    }
  });

  test.each([
    ["base64", "aGVs*G8=", "malformed_request"],
    ["base64", "aGVsbG8=aGVs", "malformed_request"],
    ["base64", "aGVsb", "malformed_request"],
    ["quoted-printable", "a=4", "malformed_request"],
    ["quoted-printable", "a=xy", "malformed_request"],
    ["gzip", "a", "unsupported_encoding"],
  ])("that cannot be decoded fails alone: %s %j", async (encoding, sent, problem) => {
    const body = concat([encodedPart(encoding, sent).subarray(0, -2 - BOUNDARY.length - 2)]);
    const rest = formOf("--B", field("b"), "", "2", "--B--");
    const whole = concat([body, rest]);
    for (let at = 1; at < whole.length; at++) {
      expect(await collectForm(cut(whole, [at]))).toEqual({
        parts: [
          { name: "a", filename: undefined, bytes: utf8(""), problem },
          { name: "b", filename: undefined, bytes: utf8("2") },
        ],
        problem: null,
      });
    }
  });
});

describe("nested parts", () => {
  const nested = (...lines: readonly string[]) =>
    formOf("--B", field("f"), "Content-Type: multipart/mixed; boundary=in", "", ...lines, "--B--");

  test("are counted", async () => {
    const inner = ["--in", "", "1", "--in", "", "2", "--in--"];
    const limited = (parts: number) =>
      collectForm([nested(...inner)], { limits: { ...FORM_LIMITS, parts } });
    expect(await limited(3)).toMatchObject({ problem: null });
    expect(await limited(2)).toMatchObject({ problem: { code: "bundle_too_large" } });
  });

  test("that are nested again are the content of a part", async () => {
    const inner = ["--in", "Content-Type: multipart/mixed; boundary=x", "", "--x", "", "--x--"];
    const { parts } = await collectForm([nested(...inner, "--in--", "epilogue")]);
    expect(parts).toEqual([{ name: "f", filename: undefined, bytes: utf8("--x\r\n\r\n--x--") }]);
  });

  test("without a closing boundary are refused", async () => {
    expect(await collectForm([nested("--in", "", "1")])).toMatchObject({
      problem: { code: "malformed_multipart" },
    });
  });

  test("of a part with a file name are a file, such as a saved page", async () => {
    const body = formOf(
      "--B",
      `${field("f")}; filename="page.mhtml"`,
      "Content-Type: multipart/related; boundary=in",
      "",
      "--in--",
      "--B--",
    );
    const { parts } = await collectForm([body]);
    expect(parts).toEqual([{ name: "f", filename: "page.mhtml", bytes: utf8("--in--") }]);
  });
});

describe("an invalid form", () => {
  test.each([
    ["another type", "application/json"],
    ["no boundary", "multipart/form-data"],
  ])("is refused for its Content-Type: %s", async (_, type) => {
    const { problem } = await collectForm([formBody(ONE)], { type });
    expect(problem).toMatchObject({ code: "malformed_multipart" });
  });

  test.each([
    ["nothing", utf8("")],
    ["something else", utf8("hello")],
    ["another boundary", utf8("--other\r\n\r\nx\r\n--other--\r\n")],
    ["no closing boundary", unclosedBody(ONE)],
    [
      "malformed headers",
      utf8(`--${BOUNDARY}\r\nno header at all\r\n\r\nx\r\n--${BOUNDARY}--\r\n`),
    ],
    [
      "a part without a name",
      utf8(`--${BOUNDARY}\r\nContent-Disposition: form-data\r\n\r\nx\r\n--${BOUNDARY}--\r\n`),
    ],
    [
      "an overlong header",
      formBody([{ name: 1, bytes: "x", headers: { "X-Long": "x".repeat(20_000) } }]),
    ],
  ])("is refused: %s", async (_, body) => {
    const { problem } = await collectForm([body]);
    expect(problem).toMatchObject({ code: "malformed_multipart" });
  });
});

describe("the limits", () => {
  test("yield the parts before the first one too many", async () => {
    const parts = Array.from({ length: 4 }, (_, name) => ({ name, bytes: "x" }));
    const limits = { ...FORM_LIMITS, parts: 3 };
    expect(await collectForm([formBody(parts.slice(1))], { limits })).toMatchObject({
      problem: null,
    });
    expect(await collectForm([formBody(parts)], { limits })).toEqual({
      parts: expectedParts(parts.slice(0, 3)),
      problem: expect.objectContaining({ code: "bundle_too_large" }),
    });
  });

  test("do not count a closing boundary that is cut in the middle", async () => {
    const parts = Array.from({ length: 3 }, (_, name) => ({ name, bytes: "x" }));
    const body = formBody(parts);
    const halves = [body.subarray(0, -3), body.subarray(-3)];
    const { problem } = await collectForm(halves, { limits: { ...FORM_LIMITS, parts: 3 } });
    expect(problem).toBeNull();
  });

  test("stop a longer body at the byte", async () => {
    const body = formBody(ONE);
    const within = { ...FORM_LIMITS, bytes: body.length };
    expect(await collectForm([body], { limits: within })).toMatchObject({ problem: null });
    const beyond = { ...FORM_LIMITS, bytes: body.length - 1 };
    const { problem } = await collectForm([body], { limits: beyond });
    expect(problem).toMatchObject({ code: "bundle_too_large" });
  });
});

test("headers that arrive byte by byte are searched once", async () => {
  const search = vi.spyOn(ByteSearcher.prototype, "indexIn");
  const filler = "x".repeat(10_000);
  const body = formBody([{ name: "a", bytes: "b", headers: { "X-Filler": filler } }]);
  const { parts } = await collectForm(Array.from(body, (byte) => Uint8Array.of(byte)));
  expect(parts).toHaveLength(1);
  const searched = search.mock.calls.map(([bytes, from = 0]) => bytes.length - from);
  expect(searched.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(100 * body.length);
});
