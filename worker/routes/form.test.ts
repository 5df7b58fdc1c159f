import {
  createExecutionContext,
  runDurableObjectAlarm,
  waitOnExecutionContext,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, inject, test, vi } from "vitest";
import {
  type BatchList,
  BODY_BYTES,
  FORM_FILES,
  LIMITS,
  type PlainUpload,
  type SingleFileResource,
} from "../../protocol/index.ts";
import { app } from "../app.ts";
import { sha256Hex } from "../upload/digest.ts";
import { call, ORIGIN, readProblem } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";
import { bearer, grantWith } from "../testing/grants.ts";
import { observeBindings } from "../testing/observed-bindings.ts";
import { FaultyBucket, FAULT_KINDS } from "../../storage/testing/faulty-bucket.ts";
import { skipWaits } from "../../storage/testing/skip-waits.ts";
import { isStrict } from "../../storage/testing/strict.ts";
import { CLIENT_FORMS } from "../testing/client-forms.ts";
import {
  BOUNDARY,
  concat,
  FORM_TYPE,
  formBody,
  formRequest,
  type Part,
  unclosedBody,
  utf8,
} from "../testing/multipart.ts";
import { noise, PNG } from "../testing/samples.ts";
import { expectedTotals } from "../testing/tally.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** `subrequests` of wrangler.toml. */
    subrequests: number;
  }
}

/** Returns the batches of a grant's owner. */
async function ownBatches(grant: string) {
  const response = await call("/v1/batches", { headers: bearer(grant) });
  return (await response.json<BatchList>()).batches;
}

function batchCalls(response: Response): number {
  return Number(/batch;desc="(\d+)"/u.exec(response.headers.get("Server-Timing") ?? "")?.[1]);
}

/** Returns the keys of a batch's objects, or of those below a grant's prefix. */
async function storedKeys(folder: string): Promise<string[]> {
  const { objects } = await env.BUCKET.list({ prefix: `${folder}/` });
  return objects.map(({ key }) => key);
}

const FORM = "multipart/form-data";
/** A part whose headers are no headers. */
const INVALID = utf8(`--${BOUNDARY}\r\n???\r\n\r\n`);

const send = (parts: readonly Part[]) => call("/v1/upload", formRequest(formBody(parts)));
const file = (filename: string, bytes: Uint8Array | string): Part => ({
  name: "any",
  filename,
  bytes,
});

afterEach(() => void vi.restoreAllMocks());

describe("POST /v1/upload", () => {
  test("declares, stores and inspects every file in the form", async () => {
    const response = await send([
      { name: "title", bytes: "a field" },
      file("photo.png", PNG),
      { ...file("日本語.txt", "text"), headers: { "Content-Type": "text/plain" } },
      file("empty", ""),
      // Browsers send this for an empty file input.
      { ...file("", ""), headers: { "Content-Type": "application/octet-stream" } },
    ]);
    expect(response.status).toBe(201);
    const { batch, files, links, tokens, ignored } = await response.json<PlainUpload>();
    expect(ignored).toMatchObject([{ name: "title" }, { name: "any" }]);
    expect(response.headers.get("Tallyman-Failed")).toBe("0");
    expect(response.headers.get("Location")).toBe(links.self);
    expect(batch).toMatchObject({ state: "completed", sealed: true, percentComplete: 100 });
    expect(batch).toMatchObject(expectedTotals(files));
    expect(links.self).toBe(`${ORIGIN}/v1/batches/${batch.id}`);
    const completed = { state: "completed", progress: 100 };
    expect(files).toMatchObject([
      { ...completed, id: 0, name: "photo.png", type: "image/png", width: 3, height: 2 },
      {
        ...completed,
        id: 1,
        name: "日本語.txt",
        type: "text/plain",
        sha256: await sha256Hex(utf8("text")),
      },
      { ...completed, id: 2, name: "empty", size: 0, type: "application/octet-stream" },
    ]);
    const headers = { Authorization: `Bearer ${tokens.read}` };
    const content = await call(files[1]?.links.content ?? "", { headers });
    expect(await content.text()).toBe("text");
  });

  test.each([2, LIMITS.partBytes + 1])(
    "checks the digest in the headers of a part of %i bytes",
    async (size) => {
      const bytes = noise(size);
      const sha256 = await sha256Hex(bytes);
      const field = `sha-256=:${Uint8Array.fromHex(sha256).toBase64()}:`;
      const withDigest = (name: string, digest: string) => ({
        ...file(name, bytes),
        headers: { "Content-Digest": digest },
      });
      const response = await send([
        withDigest("right", field),
        withDigest("wrong", `sha-256=:${"A".repeat(43)}=:`),
        withDigest("invalid", "sha-256=:x:"),
      ]);
      const { batch, files } = await response.json<PlainUpload>();
      expect(response.headers.get("Tallyman-Failed")).toBe("2");
      expect(files).toMatchObject([
        { state: "completed", sha256 },
        { state: "failed", error: { code: "checksum_mismatch" } },
        { state: "failed", error: { code: "malformed_request" } },
      ]);
      const { objects } = await env.BUCKET.list({ prefix: `${batch.id}/` });
      expect(objects.map(({ key }) => key)).toEqual([`${batch.id}/0/right`]);
    },
  );

  test.each([
    ["exactly one part", LIMITS.partBytes],
    ["one byte more than a part", LIMITS.partBytes + 1],
  ])("stores a file of %s", async (_, size) => {
    const bytes = noise(size);
    const response = await send([file("large.bin", bytes), file("small.txt", "ok")]);
    const { batch, files } = await response.json<PlainUpload>();
    const sha256 = await sha256Hex(bytes);
    expect(files).toMatchObject([
      { state: "completed", size, receivedBytes: size, sha256 },
      { state: "completed", size: 2 },
    ]);
    const object = await env.BUCKET.get(`${batch.id}/0/large.bin`);
    expect(object?.etag).toBe(files[0]?.etag);
    expect(await sha256Hex((await object?.bytes()) ?? utf8(""))).toBe(sha256);
  });

  test("stores more files than a bundle may have", async () => {
    const response = await send(Array.from({ length: 101 }, (_, index) => file(`${index}`, "x")));
    const { batch, files } = await response.json<PlainUpload>();
    expect(batch.totals).toMatchObject({ files: 101, completed: 101 });
    expect(files.map(({ name }) => name)).toEqual(Array.from({ length: 101 }, (_, id) => `${id}`));
  });
});

describe("the calls of a form", () => {
  const files = (count: number, size: number) =>
    Array.from({ length: count }, (_, id) => file(`${id}`, noise(size, id)));

  test.each([10, 200_000, 900_000])(
    "are at most 9 to the Batch for 100 files of %d bytes",
    async (size) => {
      const response = await send(files(100, size));
      const { batch } = await response.json<PlainUpload>();
      expect(batch.totals).toMatchObject({ files: 100, completed: 100 });
      expect(batchCalls(response)).toBeLessThanOrEqual(9);
    },
  );

  // Repeated writes are calls as well.
  test.skipIf(isStrict)(
    "are at most 1,100 subrequests for 1,000 files, including 1,000 puts",
    async () => {
      const { bindings, calls } = observeBindings();
      const form = formRequest(formBody(files(1000, 10)));
      const response = await callWith(bindings, "/v1/upload", form);
      const { batch } = await response.json<PlainUpload>();
      expect(batch.totals).toMatchObject({ files: 1000, completed: 1000 });
      expect(calls.filter(({ method }) => method === "put")).toHaveLength(1000);
      expect(calls.length).toBeLessThanOrEqual(1100);
    },
  );

  test("store files side by side, with no more bytes in flight than a bundle has", async () => {
    const put = env.BUCKET.put.bind(env.BUCKET);
    const inFlight = { files: 0, bytes: 0 };
    const most = { files: 0, bytes: 0 };
    vi.spyOn(env.BUCKET, "put").mockImplementation(async (key, body, options) => {
      const byteLength = ArrayBuffer.isView(body) ? body.byteLength : Number.NaN;
      inFlight.files += 1;
      inFlight.bytes += byteLength;
      most.files = Math.max(most.files, inFlight.files);
      most.bytes = Math.max(most.bytes, inFlight.bytes);
      await scheduler.wait(20);
      inFlight.files -= 1;
      inFlight.bytes -= byteLength;
      return put(key, body, options);
    });
    const sizes = [...Array.from({ length: 20 }, () => 10), 3e6, 3e6, 3e6, 3e6, LIMITS.partBytes];
    const parts = sizes.map((size, id) => file(`${id}`, noise(size, id)));
    const { batch } = await (await send(parts)).json<PlainUpload>();
    expect(batch.totals).toMatchObject({ completed: sizes.length });
    expect(most.files).toBe(6);
    expect(most.bytes).toBeLessThanOrEqual(LIMITS.bundleBytes);
  });
});

describe("an invalid form", () => {
  test("without a file is refused", async () => {
    expect(await readProblem(await send([{ name: "a", bytes: "field" }]))).toMatchObject({
      code: "malformed_request",
    });
  });

  test("without a multipart type is refused", async () => {
    const response = await call("/v1/upload", { method: "POST", body: "hello" });
    expect(await readProblem(response)).toMatchObject({ code: "malformed_multipart" });
  });

  test("with too large a Content-Length is refused, and nothing is stored", async () => {
    const create = vi.spyOn(env.BUCKET, "createMultipartUpload");
    const form = formRequest(formBody([file("large", noise(LIMITS.partBytes + 1))]));
    const headers = { ...form.headers, "Content-Length": String(BODY_BYTES + 1) };
    const request = new Request("https://tallyman.test/v1/upload", { ...form, headers });
    const context = createExecutionContext();
    const response = await app.fetch(request, env, context);
    await waitOnExecutionContext(context);
    expect(await readProblem(response)).toMatchObject({ status: 413, code: "too_large" });
    expect(create).not.toHaveBeenCalled();
  });

  const tooMany = Array.from({ length: FORM_FILES + 1 }, (_, index) => file(`${index}`, "x"));

  test.each([
    ["without a closing boundary", unclosedBody([file("a", "x"), file("b", "y"), file("c", "z")])],
    ["that breaks off in its first file", unclosedBody([file("a", "x")])],
    ["that breaks off in a large file", unclosedBody([file("a", noise(LIMITS.partBytes + 9e6))])],
    ["with too many parts", formBody(tooMany)],
    ["with invalid headers after a file", concat([unclosedBody([file("a", "x")]), INVALID])],
  ])("%s is refused, and its batch and objects are removed", async (_, body) => {
    const prefix = crypto.randomUUID();
    const grant = await grantWith({ prefix: `${prefix}/` });
    const form = formRequest(body);
    const headers = { ...form.headers, ...bearer(grant) };
    const response = await call("/v1/upload", { ...form, headers });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(await ownBatches(grant)).toEqual([]);
    expect(await storedKeys(prefix)).toEqual([]);
    expect(await new FaultyBucket([]).hasOpenUpload()).toBe(false);
  });

  test.each([
    ["with another type", { method: "POST", body: "hello" }],
    ["without a boundary", { ...formRequest(formBody([])), headers: { "Content-Type": FORM } }],
    ["without parts", formRequest(formBody([]))],
    ["without a body", { method: "POST", headers: { "Content-Type": `${FORM}; boundary=x` } }],
    ["with text fields only", formRequest(formBody([{ name: "a", bytes: "text" }]))],
    ["that breaks off in a field", formRequest(unclosedBody([{ name: "a", bytes: "text" }]))],
  ])("%s creates no object", async (_, init) => {
    const { bindings, calls } = observeBindings();
    const response = await callWith(bindings, "/v1/upload", init);
    expect(response.status).toBe(400);
    expect(calls).toEqual([]);
  });

  test("with more files than the grant allows is refused as a whole", async () => {
    const prefix = crypto.randomUUID();
    const grant = await grantWith({ maxFiles: 2, prefix: `${prefix}/` });
    const form = formRequest(formBody([file("a", "x"), file("b", "y"), file("c", "z")]));
    const headers = { ...form.headers, ...bearer(grant) };
    const response = await call("/v1/upload", { ...form, headers });
    expect(await readProblem(response)).toMatchObject({ status: 413, code: "too_many_files" });
    expect(await ownBatches(grant)).toEqual([]);
    expect(await storedKeys(prefix)).toEqual([]);
  });
});

describe("the files of a form", () => {
  const TYPE = "application/octet-stream";
  const withType = (type: string, bytes: Uint8Array | string, encoding = "binary"): Part => ({
    name: "field",
    bytes,
    headers: { "Content-Type": type, "Content-Transfer-Encoding": encoding },
  });

  test.each([
    ["bytes with a type, as those of a Buffer", withType(TYPE, "x")],
    ["no bytes with a type", withType(TYPE, "")],
    ["JSON, as Retrofit sends it", withType("application/json; charset=UTF-8", "{}")],
    ["bytes without a type", { name: "field", bytes: PNG }],
    ["text with a null byte", { name: "field", bytes: "a\0b" }],
    ["text that is cut in a character", { name: "field", bytes: utf8("ü").subarray(0, 1) }],
    ["text that is no UTF-8", { name: "field", bytes: Uint8Array.of(0x66, 0xfc, 0x72) }],
    ["more text than a field has", { name: "field", bytes: "x".repeat(70_000) }],
    ["bytes with an empty file name", { name: "field", filename: "", bytes: "x" }],
    ["bytes in base64", withType(TYPE, "AAH/", "base64")],
  ])("are named after their field: %s", async (_, part) => {
    const response = await send([part, { name: "note", bytes: "ü\r\n\ttext" }]);
    const { batch, files, ignored } = await response.json<PlainUpload>();
    expect(files).toMatchObject([{ name: "field", state: "completed" }]);
    expect(ignored).toMatchObject([
      { name: "note", reason: expect.stringContaining("not stored") },
    ]);
    const isEncoded = part.headers?.["Content-Transfer-Encoding"] === "base64";
    const bytes = typeof part.bytes === "string" ? utf8(part.bytes) : part.bytes;
    const stored = await env.BUCKET.get(`${batch.id}/0/field`);
    expect(await stored?.bytes()).toEqual(isEncoded ? Uint8Array.of(0, 1, 255) : bytes);
  });

  test.each([
    ["text", { name: "note", bytes: "text" }],
    ["no text", { name: "note", bytes: "" }],
    ["text with its type", withType("text/plain; charset=utf-8", "text")],
    ["an input without a file", { name: "note", filename: "", bytes: "" }],
  ])("are not the field with %s, which is named", async (_, part) => {
    const { files, ignored } = await (await send([part, file("a", "x")])).json<PlainUpload>();
    expect(files).toMatchObject([{ name: "a" }]);
    expect(ignored).toEqual([{ name: part.name, reason: expect.stringMatching(/^[A-Z].*\.$/u) }]);
  });

  test.each([
    ["base64", "malformed_request"],
    ["gzip", "unsupported_encoding"],
  ])("fail alone if they are no valid %s", async (encoding, code) => {
    const response = await send([withType(TYPE, "*", encoding), file("a", "x")]);
    expect(response.headers.get("Tallyman-Failed")).toBe("1");
    const { batch, files } = await response.json<PlainUpload>();
    expect(files).toMatchObject([{ error: { code } }, { state: "completed" }]);
    expect(await storedKeys(batch.id)).toEqual([`${batch.id}/1/a`]);
  });

  test.each(CLIENT_FORMS)("are stored from $client, and nothing is lost", async (form) => {
    const { type, body, parts } = form;
    const headers = { "Content-Type": type };
    const response = await call("/v1/upload", { method: "POST", headers, body });
    const { batch, files, ignored } = await response.json<PlainUpload>();
    expect(files.length + ignored.length).toBe(parts.length);
    const contents = parts.map(([, , content]) => content);
    for (const { id, size, state } of files) {
      expect(state).toBe("completed");
      const [key = ""] = await storedKeys(`${batch.id}/${id}`);
      const text = await (await env.BUCKET.get(key))?.text();
      expect(contents).toContain(text);
      expect(utf8(text ?? "")).toHaveLength(size);
    }
  });
});

describe("a form with an Idempotency-Key", () => {
  const KEY = "a-key-that-no-one-can-guess";
  const sendWith = (key: string, parts: readonly Part[], boundary = BOUNDARY) => {
    const type = `${FORM}; boundary=${boundary}`;
    const headers = { "Content-Type": type, "Idempotency-Key": key };
    return call("/v1/upload", { method: "POST", headers, body: formBody(parts, boundary) });
  };

  test("is stored once, and its repetition gets the same response", async () => {
    const parts = [file("a", "x"), { name: "note", bytes: "text" }, file("b", noise(10))];
    const first = await sendWith(`${KEY}-1`, parts);
    expect(first.status).toBe(201);
    const response = await first.json<PlainUpload>();
    const put = vi.spyOn(env.BUCKET, "put");
    const repeated = await sendWith(`${KEY}-1`, parts, "another-boundary");
    expect(repeated.status).toBe(201);
    expect(await repeated.json()).toEqual(response);
    expect(put).not.toHaveBeenCalled();
    const headers = bearer(response.tokens.write);
    const known = await call(`/v1/batches/${response.batch.id}`, { headers });
    expect(known.status).toBe(200);
  });

  test.each([
    ["another file name", [file("b", "x"), { name: "note", bytes: "text" }]],
    ["other content", [file("a", "y"), { name: "note", bytes: "text" }]],
    ["another field", [file("a", "x"), { name: "note", bytes: "other" }]],
    ["another order", [{ name: "note", bytes: "text" }, file("a", "x")]],
    ["one file less", [file("a", "x")]],
  ])("is refused with %s, and the first batch stays", async (name, parts) => {
    const key = `${KEY}-${name}`;
    const first = await sendWith(key, [file("a", "x"), { name: "note", bytes: "text" }]);
    const { batch } = await first.json<PlainUpload>();
    const other = await sendWith(key, parts);
    expect(await readProblem(other)).toMatchObject({ status: 422, code: "idempotency_mismatch" });
    expect(await storedKeys(batch.id)).toEqual([`${batch.id}/0/a`]);
  });

  test("may be repeated after it failed", async () => {
    const parts = [file("a", "x"), file("b", "y")];
    const body = unclosedBody(parts);
    const headers = { "Content-Type": FORM_TYPE, "Idempotency-Key": `${KEY}-2` };
    const broken = await call("/v1/upload", { method: "POST", headers, body });
    expect(await readProblem(broken)).toMatchObject({ code: "malformed_multipart" });
    const repeated = await sendWith(`${KEY}-2`, parts);
    expect(repeated.status).toBe(201);
    expect(await repeated.json()).toMatchObject({ files: [{ name: "a" }, { name: "b" }] });
  });
});

test.each([
  ["line%0Afeed", "line_feed"],
  ["..", "_"],
  [`${"x".repeat(2000)}.txt`, `${"x".repeat(508)}.txt`],
])("an invalid file name is replaced: %#", async (name, safe) => {
  const response = await send([file("good", "x"), file(name, "x")]);
  expect(response.status).toBe(201);
  const { files } = await response.json<PlainUpload>();
  expect(files.map((stored) => [stored.name, stored.state])).toEqual([
    ["good", "completed"],
    [safe, "completed"],
  ]);
});

describe("when R2 fails", () => {
  test("after it has stored a file, the retried put keeps that object", async () => {
    const original = env.BUCKET.put.bind(env.BUCKET);
    const put = vi.spyOn(env.BUCKET, "put");
    put.mockImplementationOnce(async (...args: Parameters<typeof original>) => {
      await original(...args);
      return original(...args);
    });
    const response = await send([file("first", noise(10))]);
    const { batch, files } = await response.json<PlainUpload>();
    const object = await env.BUCKET.head(`${batch.id}/0/first`);
    expect(files).toMatchObject([{ state: "completed", etag: object?.etag }]);
  });

  const calls = ["put", "uploadPart", "complete"] as const;
  const faults = calls.flatMap((name) => FAULT_KINDS.map((kind) => ({ call: name, kind })));

  test.each(FAULT_KINDS)(
    "at every call (%s), the largest form stays within wrangler.toml's subrequests",
    async (kind) => {
      const sent = 10;
      const failing = (["put", "head", "delete"] as const).flatMap((name) =>
        Array.from({ length: 10 * sent }, () => ({ call: name, kind })),
      );
      const bucket = new FaultyBucket(failing);
      const { bindings, calls: made } = observeBindings();
      const parts = Array.from({ length: sent }, (_, index) => file(`${index}`, noise(10)));
      await callWith(bindings, "/v1/upload", formRequest(formBody(parts)));
      expect(bucket.remaining.length).toBeLessThan(failing.length);
      expect((made.length / sent) * FORM_FILES).toBeLessThan(inject("subrequests"));
    },
  );

  test.each(faults)("once in $call ($kind), every file is stored", async (fault) => {
    const bucket = new FaultyBucket([fault]);
    const contents = [noise(10), noise(LIMITS.partBytes + 10), noise(20)];
    const response = await send(contents.map((bytes, index) => file(`${index}`, bytes)));
    const { batch, files } = await response.json<PlainUpload>();
    expect(files.map(({ state }) => state)).toEqual(contents.map(() => "completed"));
    for (const [id, bytes] of contents.entries()) {
      const object = await env.BUCKET.get(`${batch.id}/${id}/${id}`);
      expect(files[id]).toMatchObject({ etag: object?.etag, sha256: await sha256Hex(bytes) });
      expect(await object?.bytes()).toEqual(bytes);
    }
    expect(bucket.remaining).toEqual([]);
    expect(await bucket.hasOpenUpload()).toBe(false);
  });

  test.each([
    ["put", "small"],
    ["createMultipartUpload", "large"],
  ] as const)(
    "in all attempts of %s, that file is queued and the others complete",
    async (method, which) => {
      skipWaits();
      const broken = vi.spyOn(env.BUCKET, method);
      for (const _ of [1, 2, 3]) broken.mockRejectedValueOnce(new Error("internal error (10001)"));
      const sizes = { small: 10, large: LIMITS.partBytes + 10 };
      const response = await send([file("first", noise(sizes[which])), file("second", "ok")]);
      expect(response.status).toBe(201);
      const { batch, files } = await response.json<PlainUpload>();
      expect(files).toMatchObject([
        { name: "first", state: "queued" },
        { name: "second", state: "completed" },
      ]);
      expect(batch).toMatchObject({ state: "active", ...expectedTotals(files) });
    },
  );

  const afterEffect = { call: "complete", kind: "internal error after the effect" } as const;
  const complete = { call: "complete", kind: "internal error" } as const;
  const head = { call: "head", kind: "internal error" } as const;
  test.each([
    ["in every attempt to complete a large file", [complete, complete, complete]],
    ["and it is not known whether a large file is complete", [afterEffect, head, head, head]],
  ])("%s, the batch completes it", async (_, several) => {
    const bucket = new FaultyBucket(several);
    const bytes = noise(LIMITS.partBytes + 10);
    const { batch, files } = await (await send([file("0", bytes)])).json<PlainUpload>();
    expect(files).toMatchObject([{ state: "completed", sha256: await sha256Hex(bytes) }]);
    expect(batch).toMatchObject(expectedTotals(files));
    expect(await (await env.BUCKET.get(`${batch.id}/0/0`))?.bytes()).toEqual(bytes);
    expect(bucket.remaining).toEqual([]);
    expect(await bucket.hasOpenUpload()).toBe(false);
  });

  test("for longer, the batch completes a large file later", async () => {
    const bytes = noise(LIMITS.partBytes + 10);
    const bucket = new FaultyBucket(Array.from({ length: 6 }, () => complete));
    const created = await (await send([file("0", bytes)])).json<PlainUpload>();
    const { batch, files, tokens } = created;
    expect(files).toMatchObject([{ state: "uploading", receivedBytes: bytes.length }]);
    await runDurableObjectAlarm(env.BATCH.getByName(batch.id));
    const response = await call(`/v1/batches/${batch.id}/files/0`, {
      headers: bearer(tokens.read),
    });
    const later = await response.json<SingleFileResource>();
    expect(later).toMatchObject({ state: "completed", sha256: await sha256Hex(bytes) });
    expect(later.parts).not.toHaveProperty("digest");
    expect(await bucket.hasOpenUpload()).toBe(false);
  });
});
