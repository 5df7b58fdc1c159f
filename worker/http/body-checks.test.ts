import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { BODY_BYTES, type CreatedBatch, LIMITS, partSize } from "../../protocol/index.ts";
import { readProblem, TestBatch } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";
import { formBody, formRequest } from "../testing/multipart.ts";
import { streamOf } from "../testing/stream-of.ts";

const MAX_PART_BYTES = partSize(LIMITS.fileBytes, 1);
const JSON_CALL = { method: "POST", body: '{"files":[{"name":"a","size":1}]}' };
const FORM = formRequest(formBody([{ name: 0, bytes: "ok", filename: "a" }]));
const PUT = { method: "PUT", body: "ok" };

/** Every call with a body, below a batch of a file of two bytes and one in parts. */
const CALLS: readonly [string, string, RequestInit][] = [
  ["a file", "/files/0", PUT],
  ["a part", "/files/1/parts/2", PUT],
  ["a bundle", "/bundle", FORM],
  ["a declaration", "/files", JSON_CALL],
  ["a change", "", { method: "PATCH", body: '{"sealed":true}' }],
  ["a retry", "/retry", { method: "POST", body: "{}" }],
];

const create = () => TestBatch.create([2, LIMITS.partBytes + 2], { sealed: false });

function withHeaders(init: RequestInit, added: Record<string, string>): RequestInit {
  const headers = new Headers(init.headers);
  for (const [name, value] of Object.entries(added)) headers.set(name, value);
  return { ...init, headers };
}

describe.each(CALLS)("%s", (_, path, init) => {
  test("is accepted with the encoding `identity`", async () => {
    const batch = await create();
    const headers = { "Content-Encoding": "Identity" };
    expect((await batch.call(path, withHeaders(init, headers))).ok).toBe(true);
  });

  test.each(["gzip", "br", "identity, gzip", "aws-chunked"])(
    "with Content-Encoding %j is refused, and changes nothing",
    async (encoding) => {
      const batch = await create();
      const response = await batch.call(path, withHeaders(init, { "Content-Encoding": encoding }));
      expect(response.headers.get("Accept-Encoding")).toBe("identity");
      const problem = await readProblem(response);
      expect(problem).toMatchObject({ status: 415, code: "unsupported_encoding" });
      expect(await batch.status()).toMatchObject({ rev: 1 });
    },
  );

  test("of more bytes than a request may have is refused, and changes nothing", async () => {
    const batch = await create();
    const headers = { "Content-Length": String(BODY_BYTES + 1) };
    const problem = await readProblem(await batch.call(path, withHeaders(init, headers)));
    expect(problem).toMatchObject({ status: 413, code: "too_large" });
    expect(problem.detail).toBe(
      `One request carries at most ${BODY_BYTES} bytes; send a larger file in parts.`,
    );
    expect(await batch.status()).toMatchObject({ rev: 1 });
  });
});

describe.each([
  ["a file", "/files/0"],
  ["a part", "/files/1/parts/2"],
])("%s", (_, path) => {
  test.each(["bytes 0-1/2", "bytes */2"])("with Content-Range %j is refused", async (range) => {
    const batch = await create();
    const headers = { "Content-Range": range };
    const problem = await readProblem(await batch.call(path, withHeaders(PUT, headers)));
    expect(problem).toMatchObject({ status: 400, code: "malformed_request" });
    expect(problem.detail).toContain("Content-Range");
    expect(await batch.status()).toMatchObject({ rev: 1 });
  });
});

describe("a whole file", () => {
  test.each([
    ["of a known length", {}],
    ["without a length", { "Transfer-Encoding": "chunked" }],
  ])("that is larger than a request may be stays queued, %s", async (__, headers) => {
    const batch = await TestBatch.create([BODY_BYTES + 1]);
    const response = await batch.put(0, streamOf(new Uint8Array(10)), headers);
    expect(await readProblem(response)).toMatchObject({ status: 413, code: "too_large" });
    expect(await batch.file(0)).toMatchObject({ state: "queued", attempts: 0 });
  });
});

describe("the setting BODY_BYTES", () => {
  const lowest = { BODY_BYTES: String(MAX_PART_BYTES) };

  test("is announced, and applies", async () => {
    const created = await callWith(lowest, "/v1/batches", { method: "POST", body: "{}" });
    const { limits, links, tokens } = await created.json<CreatedBatch>();
    expect(limits.bodyBytes).toBe(MAX_PART_BYTES);
    const headers = {
      Authorization: `Bearer ${tokens.write}`,
      "Content-Length": String(MAX_PART_BYTES + 1),
    };
    const init = { method: "POST", body: "{}", headers };
    const problem = await readProblem(await callWith(lowest, `${links.self}/files`, init));
    expect(problem.detail).toContain(`at most ${MAX_PART_BYTES} bytes`);
  });

  test("leaves room for every part", () => {
    for (const size of [LIMITS.partBytes * 10_000, LIMITS.partBytes * 10_000 + 1, LIMITS.fileBytes])
      expect(partSize(size, 1)).toBeLessThanOrEqual(MAX_PART_BYTES);
  });

  test("applies to a form of unknown length while it passes through", async () => {
    const form = formRequest(
      formBody([{ name: "a", filename: "a", bytes: new Uint8Array(MAX_PART_BYTES) }]),
    );
    const init = { ...form, body: streamOf(form.body) };
    const problem = await readProblem(await callWith(lowest, "/v1/upload", init));
    expect(problem).toMatchObject({ status: 413, code: "too_large" });
    expect(problem.detail).toContain(`at most ${MAX_PART_BYTES} bytes`);
  });

  test.each(["67108863", "5000000001", "0", "many"])("cannot be %s", async (value) => {
    const response = await callWith({ BODY_BYTES: value }, "/v1/health");
    expect(await readProblem(response)).toMatchObject({ code: "not_configured" });
  });
});

test("the bucket holds nothing of a refused body", async () => {
  const batch = await create();
  await batch.call("/files/0", withHeaders(PUT, { "Content-Encoding": "gzip" }));
  expect((await env.BUCKET.list({ prefix: batch.id })).objects).toEqual([]);
});
