import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Batch } from "../../durable-objects/index.ts";
import { LIMITS, PAGE_ROWS, type ReceiptKeySet } from "../../protocol/index.ts";
import { call, readProblem, TestBatch } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";
import { bearer } from "../testing/grants.ts";
import { concat, utf8 } from "../testing/multipart.ts";
import { textOf, verifyReceipt } from "../testing/receipt.ts";
import { noise } from "../testing/samples.ts";
import { sha256Hex } from "../upload/digest.ts";

afterEach(() => void vi.restoreAllMocks());

const keysOf = async () => (await call("/v1/keys")).json<ReceiptKeySet>();

/** Returns the receipt, once its signature is verified. */
async function verified(batch: TestBatch) {
  const response = await batch.call("/receipt", {}, batch.created.tokens.read);
  expect(response.status).toBe(200);
  return verifyReceipt(await textOf(response), await keysOf());
}

/** Creates a completed batch: a stored file, one that failed, and one that was cancelled. */
async function completed(): Promise<TestBatch> {
  const batch = await TestBatch.create([
    { name: "a.txt", path: "folder/a.txt", size: 5, type: "text/plain" },
    { name: "large", size: LIMITS.fileBytes + 1 },
    { name: "cancelled", size: 1 },
    { name: "b.txt", size: 3 },
  ]);
  await batch.bundle([
    { name: 0, bytes: "hello" },
    { name: 3, bytes: "bye" },
  ]);
  await batch.call("/files/2", { method: "DELETE" });
  return batch;
}

describe("a receipt", () => {
  test("has a line for each file that was not cancelled, and a signed last line", async () => {
    const batch = await completed();
    const { receipt, files } = await verified(batch);
    expect(files).toEqual([
      {
        id: 0,
        path: "folder/a.txt",
        size: 5,
        sha256: await sha256Hex(utf8("hello")),
        type: "text/plain",
        state: "completed",
      },
      {
        id: 1,
        path: "large",
        size: LIMITS.fileBytes + 1,
        type: "application/octet-stream",
        state: "failed",
        error: { code: "too_large", detail: expect.any(String), retryable: false },
      },
      expect.objectContaining({ id: 3, path: "b.txt", state: "completed" }),
    ]);
    const { completedAt } = await batch.status();
    const rev = expect.any(Number);
    const sha256 = expect.stringMatching(/^[0-9a-f]{64}$/u);
    expect(receipt).toEqual({ batch: batch.id, rev, files: 3, bytes: 8, completedAt, sha256 });
  });

  test("is signed with the key that its header names", async () => {
    const { header } = await verified(await completed());
    const [key] = (await keysOf()).keys;
    expect(header).toEqual({ alg: "EdDSA", kid: key?.kid });
  });

  test("has the digest of the parts of a file that was sent in parts", async () => {
    const size = LIMITS.partBytes + 4;
    const parts = [noise(LIMITS.partBytes), utf8("last")];
    const batch = await TestBatch.create([{ name: "film", size }]);
    for (const [index, body] of parts.entries())
      await batch.call(`/files/0/parts/${index + 1}`, { method: "PUT", body });
    const digests = await Promise.all(parts.map((part) => sha256Hex(part)));
    const partsDigest = await sha256Hex(concat(digests.map((hex) => Uint8Array.fromHex(hex))));
    const { files } = await verified(batch);
    expect(files).toMatchObject([{ size, partsDigest, partBytes: LIMITS.partBytes }]);
    expect(files[0]).not.toHaveProperty("sha256");
    // An earlier version of the Worker has completed the file without that digest.
    const object = env.BATCH.getByName(batch.id);
    await runInDurableObject(object, (_, { storage }) => {
      const [record] = storage.kv.get<object[]>("records/000000") ?? [];
      storage.kv.put("records/000000", [{ ...record, partsDigest: null }]);
    });
    await evictDurableObject(object);
    expect((await verified(batch)).files).toEqual(files);
  });

  test("of an empty batch has its last line only", async () => {
    const batch = await TestBatch.create([], { sealed: true });
    const { receipt, files } = await verified(batch);
    expect([files, receipt.files, receipt.bytes]).toEqual([[], 0, 0]);
  });

  test("is the same each time, also after a restart and another name", async () => {
    const batch = await completed();
    const text = async () => textOf(await batch.call("/receipt"));
    const first = await text();
    expect(await text()).toBe(first);
    await batch.call("", { method: "PATCH", body: '{"metadata":{"name":"Holiday"}}' });
    await evictDurableObject(env.BATCH.getByName(batch.id));
    expect(await text()).toBe(first);
  });

  test("changes with the deletion of a file, and never returns to an earlier rev", async () => {
    const batch = await completed();
    const before = await verified(batch);
    await batch.call("/files/0", { method: "DELETE" });
    const after = await verified(batch);
    expect(after.files.map(({ id }) => id)).toEqual([1, 3]);
    expect(after.receipt).toMatchObject({ files: 2, bytes: 3 });
    expect(after.receipt.rev).toBeGreaterThan(before.receipt.rev);
  });

  test("is a download, and HEAD has its headers", async () => {
    const batch = await completed();
    for (const method of ["GET", "HEAD"]) {
      const response = await batch.call("/receipt", { method });
      expect(response.headers.get("Content-Type")).toBe("application/x-ndjson");
      expect(response.headers.get("Content-Disposition")).toMatch(/^attachment; .*\.ndjson/u);
      expect(response.headers.get("Cache-Control")).toBe("no-store");
      await response.body?.cancel();
    }
  });
});

describe("there is no receipt", () => {
  const refusal = async (batch: TestBatch) => readProblem(await batch.call("/receipt"));

  test("of a batch that is not completed, or whose failed file was retried", async () => {
    const batch = await TestBatch.create([2]);
    expect(await refusal(batch)).toMatchObject({ status: 409, code: "not_completed" });
    await batch.bundle([{ name: 0, bytes: "other" }]);
    expect((await batch.call("/receipt")).status).toBe(200);
    await batch.call("/retry", { method: "POST" });
    expect(await refusal(batch)).toMatchObject({ code: "not_completed" });
  });

  test("of a cancelled batch", async () => {
    const batch = await TestBatch.create([2]);
    await batch.call("/cancel", { method: "POST" });
    const { code, detail } = await refusal(batch);
    expect([code, detail]).toEqual(["not_completed", expect.stringContaining("cancelled")]);
  });

  test("without a key", async () => {
    const batch = await completed();
    const headers = bearer(batch.created.tokens.read);
    for (const path of [`${batch.path}/receipt`, "/v1/keys"]) {
      const problem = await readProblem(await callWith({ RECEIPT_KEYS: "" }, path, { headers }));
      expect(problem).toMatchObject({ status: 503, code: "not_configured" });
    }
  });
});

describe("a receipt of several pages", () => {
  const COUNT = 2 * PAGE_ROWS + 1;

  async function large(): Promise<TestBatch> {
    const files = Array.from({ length: COUNT }, (_, id) => ({ name: `file ${id}`, size: 1 }));
    const batch = await TestBatch.create(files);
    await runInDurableObject<Batch, unknown>(env.BATCH.getByName(batch.id), (object) => {
      const stored = { event: "stored", etag: "etag", sha256: "0".repeat(64) } as const;
      return object.applyEvents(
        files.flatMap((_, file) => [
          { file, ...stored },
          { file, event: "processing", progress: 75 },
          { file, event: "completed", properties: {} },
        ]),
      );
    });
    return batch;
  }

  const get = ({ path, created }: TestBatch) =>
    callWith({}, `${path}/receipt`, { headers: bearer(created.tokens.read) });

  test("has every file once, in order of ids", async () => {
    const { files, receipt } = await verified(await large());
    expect(files.map(({ id }) => id)).toEqual(Array.from({ length: COUNT }, (_, id) => id));
    expect(receipt).toMatchObject({ files: COUNT, bytes: COUNT });
  });

  test("is read page by page, as the client takes it", async () => {
    const batch = await large();
    const pages = vi.spyOn(Batch.prototype, "receipt");
    const reader = (await get(batch)).body?.getReader();
    expect(pages).toHaveBeenCalledTimes(1);
    await reader?.read();
    expect(pages).toHaveBeenCalledTimes(1);
    await reader?.read();
    expect(pages).toHaveBeenCalledTimes(2);
    await reader?.cancel();
  });

  test.each([
    ["a file is deleted", "/files/0", "DELETE"],
    ["a later file is deleted", `/files/${COUNT - 1}`, "DELETE"],
    ["the batch is deleted", "", "DELETE"],
  ])("breaks off if %s meanwhile", async (_, path, method) => {
    const batch = await large();
    const reader = (await get(batch)).body?.getReader();
    expect(await reader?.read()).toMatchObject({ done: false });
    await batch.call(path, { method });
    await expect(reader?.read()).rejects.toThrow(/changed|No batch/u);
  });

  test("is not disturbed by another name of the batch", async () => {
    const batch = await large();
    const response = await get(batch);
    await batch.call("", { method: "PATCH", body: '{"metadata":{"name":"Holiday"}}' });
    const { receipt } = await verifyReceipt(await textOf(response), await keysOf());
    expect(receipt.files).toBe(COUNT);
  });
});

describe("GET /v1/keys", () => {
  const [NEW, OLD] = ["n", "o"].map((letter) => `${letter.repeat(42)}A`);
  const keysWith = async (RECEIPT_KEYS: string) =>
    (await callWith({ RECEIPT_KEYS }, "/v1/keys")).json<ReceiptKeySet>();

  test("lists every key, the first one first, without a private half", async () => {
    const { keys } = await keysWith(`${NEW} ${OLD}`);
    const [old] = (await keysWith(`${OLD}`)).keys;
    expect(keys).toHaveLength(2);
    expect(keys[1]).toEqual(old);
    expect(old).toEqual({
      kty: "OKP",
      crv: "Ed25519",
      x: expect.stringMatching(/^[\w-]{43}$/u),
      alg: "EdDSA",
      use: "sig",
      kid: expect.stringMatching(/^[\w-]{43}$/u),
    });
  });

  test("has the public half of RFC 8032's first test vector, and its id of RFC 8037", async () => {
    const { keys } = await keysWith("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");
    expect(keys).toMatchObject([
      {
        x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        kid: "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
      },
    ]);
  });

  test("keeps a retired key, of which only the public half is left", async () => {
    const batch = await completed();
    const text = await textOf(await batch.call("/receipt"));
    const [retired] = (await keysOf()).keys;
    const keys = await keysWith(`${NEW} public:${retired?.x}`);
    expect(keys.keys[1]).toEqual(retired);
    expect(await verifyReceipt(text, keys)).toMatchObject({ receipt: { batch: batch.id } });
    await expect(verifyReceipt(text, await keysWith(`${NEW}`))).rejects.toThrow(
      "no key with this id",
    );
  });

  test("may be cached, and is confirmed by its ETag", async () => {
    const response = await call("/v1/keys");
    expect(response.headers.get("Cache-Control")).toBe("public, max-age=300");
    const headers = { "If-None-Match": response.headers.get("ETag") ?? "" };
    expect((await call("/v1/keys", { headers })).status).toBe(304);
  });
});
