import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ProblemError } from "../http/problem.ts";
import {
  BOUNDARY,
  concat,
  FORM_TYPE,
  formBody,
  type Part,
  unclosedBody,
  utf8,
} from "../testing/multipart.ts";
import type { ByteSource } from "./byte-window.ts";
import { parseForm } from "./form.ts";

const LIMITS = {
  parts: 100,
  bytes: 1_000_000,
  exceeded: () => new ProblemError("bundle_too_large", "Too much."),
};

interface ReadPart {
  name: string;
  filename: string | undefined;
  bytes: Uint8Array;
}

interface ReadForm {
  /** The parts that came whole. */
  parts: ReadPart[];
  problem: unknown;
}

/** Reads a form as a Worker gets it: in chunks that are cut anywhere. */
async function read(
  chunks: readonly Uint8Array[],
  { type = FORM_TYPE, limits = LIMITS } = {},
): Promise<ReadForm> {
  const parts: ReadPart[] = [];
  let open: { name: string; filename: string | undefined; chunks: Uint8Array[] } | null = null;
  try {
    for await (const event of parseForm(type, sourceOf(chunks), limits)) {
      if (event.event === "part") {
        open = { name: event.part.name, filename: event.part.filename, chunks: [] };
      } else if (event.event === "bytes") open?.chunks.push(event.bytes.slice());
      else if (open) {
        parts.push({ name: open.name, filename: open.filename, bytes: concat(open.chunks) });
        open = null;
      }
    }
    return { parts, problem: null };
  } catch (problem) {
    return { parts, problem };
  }
}

/** As from a connection that is slower than its reader: nothing comes with what comes after it. */
function sourceOf(chunks: readonly Uint8Array[]): ByteSource {
  const waiting = [...chunks];
  return {
    read(into) {
      // The caller's view is void from now on, as a real body's is.
      const { byteOffset, length } = into;
      const memory = new Uint8Array(
        structuredClone(into.buffer, { transfer: [into.buffer] }),
        byteOffset,
        length,
      );
      const chunk = waiting.shift() ?? new Uint8Array();
      memory.set(chunk.subarray(0, memory.length));
      if (chunk.length > memory.length) waiting.unshift(chunk.subarray(memory.length));
      return Promise.resolve(memory.subarray(0, chunk.length));
    },
  };
}

function cut(body: Uint8Array, at: readonly number[]): Uint8Array[] {
  const cuts = [...new Set(at.map((place) => place % body.length))].toSorted((a, b) => a - b);
  return [...cuts, body.length]
    .map((end, index) => body.subarray(cuts[index - 1] ?? 0, end))
    .filter(({ length }) => length > 0);
}

/** Bytes that look like framing, so that the parser is tempted. */
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
  // A boundary is chosen so that no content holds it.
  .filter((bytes) => !new TextDecoder("latin1").decode(bytes).includes(`--${BOUNDARY}`));

const someParts: fc.Arbitrary<Part[]> = fc.array(
  fc.record({ name: fc.nat(9999), bytes: content }),
  { maxLength: 6 },
);

function asRead(parts: readonly Part[]): ReadPart[] {
  return parts.map(({ name, filename, bytes }) => ({
    name: String(name),
    filename,
    bytes: typeof bytes === "string" ? utf8(bytes) : bytes,
  }));
}

const ONE = [{ name: 7, bytes: "hello" }];

describe("a form", () => {
  test("comes out as it went in, wherever its bytes are cut", async () => {
    await fc.assert(
      fc.asyncProperty(someParts, fc.array(fc.nat(), { maxLength: 12 }), async (parts, cuts) => {
        const { parts: found, problem } = await read(cut(formBody(parts), cuts));
        expect(problem).toBeNull();
        expect(found).toEqual(asRead(parts));
      }),
    );
  });

  test("comes out as it went in when it is cut in two at any byte", async () => {
    const parts = [
      { name: 0, bytes: "first" },
      { name: 1, bytes: "", headers: { "Content-Type": "text/plain" } },
      { name: 2, bytes: "\r\n--\r\n" },
    ];
    const body = formBody(parts);
    for (let at = 1; at < body.length; at++) {
      const found = await read(cut(body, [at]));
      expect({ at, ...found }).toEqual({ at, parts: asRead(parts), problem: null });
    }
  });

  test("comes out as it went in, byte by byte", async () => {
    const body = formBody(ONE);
    const found = await read(Array.from(body, (_, index) => body.subarray(index, index + 1)));
    expect(found).toEqual({ parts: asRead(ONE), problem: null });
  });

  test("that ends too early gives no part that is not whole", async () => {
    await fc.assert(
      fc.asyncProperty(someParts, fc.nat(), fc.array(fc.nat()), async (parts, length, cuts) => {
        const body = formBody(parts);
        // The line break after the closing boundary may be missing.
        const kept = body.subarray(0, length % (body.length - 2));
        const { parts: found, problem } = await read(kept.length > 0 ? cut(kept, cuts) : []);
        expect(problem).toMatchObject({ code: "malformed_multipart" });
        expect(found).toEqual(asRead(parts).slice(0, found.length));
      }),
    );
  });

  test("may have a preamble, an epilogue and no part at all", async () => {
    expect(await read([formBody([])])).toEqual({ parts: [], problem: null });
    const wrapped = concat([utf8("preamble\r\n"), formBody(ONE), utf8("epilogue")]);
    expect(await read([wrapped])).toEqual({ parts: asRead(ONE), problem: null });
  });

  test.each([
    ["naïve café.txt", "naïve café.txt"],
    ["日本語.png", "日本語.png"],
    ["🎉.gif", "🎉.gif"],
    ["back\\slash.txt", "back\\slash.txt"],
    ["semi;colon=.txt", "semi;colon=.txt"],
    ["100%.txt", "100%.txt"],
    // As browsers escape them (WHATWG).
    ["%22quoted%22.txt", '"quoted".txt'],
  ])("may name a file %j", async (sent, filename) => {
    const { parts } = await read([formBody([{ name: "file", filename: sent, bytes: "x" }])]);
    expect(parts).toEqual([{ name: "file", filename, bytes: utf8("x") }]);
  });
});

describe("what is no form", () => {
  test.each([
    ["another type", "application/json"],
    ["no boundary", "multipart/form-data"],
  ])("is refused for its header: %s", async (_, type) => {
    const { problem } = await read([formBody(ONE)], { type });
    expect(problem).toMatchObject({ code: "malformed_multipart" });
  });

  test.each([
    ["nothing", utf8("")],
    ["something else", utf8("hello")],
    ["another boundary", utf8("--other\r\n\r\nx\r\n--other--\r\n")],
    ["no closing boundary", unclosedBody(ONE)],
    [
      "headers that are none",
      utf8(`--${BOUNDARY}\r\nno header at all\r\n\r\nx\r\n--${BOUNDARY}--\r\n`),
    ],
    [
      "a part without a name",
      utf8(`--${BOUNDARY}\r\nContent-Disposition: form-data\r\n\r\nx\r\n--${BOUNDARY}--\r\n`),
    ],
    [
      "a header beyond all bounds",
      formBody([{ name: 1, bytes: "x", headers: { "X-Long": "x".repeat(20_000) } }]),
    ],
  ])("is refused: %s", async (_, body) => {
    const { problem } = await read([body]);
    expect(problem).toMatchObject({ code: "malformed_multipart" });
  });
});

describe("the limits", () => {
  test("let as many parts through as they say, and those before the first too many", async () => {
    const parts = Array.from({ length: 4 }, (_, name) => ({ name, bytes: "x" }));
    const limits = { ...LIMITS, parts: 3 };
    expect(await read([formBody(parts.slice(1))], { limits })).toMatchObject({ problem: null });
    expect(await read([formBody(parts)], { limits })).toEqual({
      parts: asRead(parts.slice(0, 3)),
      problem: expect.objectContaining({ code: "bundle_too_large" }),
    });
  });

  test("count a full form's closing boundary as no part, though it is cut in the middle", async () => {
    const parts = Array.from({ length: 3 }, (_, name) => ({ name, bytes: "x" }));
    const body = formBody(parts);
    const halves = [body.subarray(0, -3), body.subarray(-3)];
    const { problem } = await read(halves, { limits: { ...LIMITS, parts: 3 } });
    expect(problem).toBeNull();
  });

  test("stop a body that goes on, at the byte", async () => {
    const body = formBody(ONE);
    const within = { ...LIMITS, bytes: body.length };
    expect(await read([body], { limits: within })).toMatchObject({ problem: null });
    const beyond = { ...LIMITS, bytes: body.length - 1 };
    const { problem } = await read([body], { limits: beyond });
    expect(problem).toMatchObject({ code: "bundle_too_large" });
  });
});
