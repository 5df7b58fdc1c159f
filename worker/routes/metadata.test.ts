import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type { BatchResource, FilePage } from "../../protocol/index.ts";
import { call, readProblem, TestBatch } from "../testing/batch.ts";

const REFUSED = { status: 400, code: "malformed_request" };

function patch(batch: TestBatch, body: unknown): Promise<Response> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return batch.call("", { method: "PATCH", body: text });
}

async function patched(batch: TestBatch, body: unknown): Promise<BatchResource> {
  const response = await patch(batch, body);
  expect(response.status).toBe(200);
  return response.json();
}

describe("PATCH of metadata", () => {
  test("merges by RFC 7396, is announced by a batch frame, and survives an eviction", async () => {
    const metadata = { name: "a", tags: { x: 1, y: [1] }, old: true };
    const batch = await TestBatch.create([1], { metadata });
    const watcher = await batch.watch();
    await watcher.next("snapshot");
    const changed = await patched(batch, {
      metadata: { name: "b", tags: { x: null, z: 3 }, old: null, constructor: { a: 1 } },
    });
    const merged = { name: "b", tags: { y: [1], z: 3 }, constructor: { a: 1 } };
    expect(changed).toMatchObject({ rev: 2, state: "active" });
    expect(changed.metadata).toEqual(merged);
    expect(await watcher.next("batch")).toMatchObject({
      rev: 2,
      batch: await batch.readerStatus(),
    });
    watcher.close();
    await evictDurableObject(env.BATCH.getByName(batch.id));
    expect((await batch.status()).metadata).toEqual(merged);
  });

  test("that changes nothing changes no rev", async () => {
    const batch = await TestBatch.create([1], { metadata: { name: "a" } });
    for (const body of [{ metadata: { name: "a", b: null } }, { metadata: {} }]) {
      expect((await patched(batch, body)).rev).toBe(1);
    }
  });

  test("and sealed is one change", async () => {
    const batch = await TestBatch.create([1], { sealed: false });
    const changed = await patched(batch, { sealed: true, metadata: { name: "a" } });
    expect(changed).toMatchObject({ sealed: true, metadata: { name: "a" }, rev: 2 });
    const refused = await TestBatch.create([1], { sealed: false });
    const body = { sealed: true, metadata: { name: "n".repeat(201) } };
    expect(await readProblem(await patch(refused, body))).toMatchObject(REFUSED);
    expect(await refused.status()).toMatchObject({ sealed: false, rev: 1 });
  });

  test("renames a completed batch, which stays completed", async () => {
    const batch = await TestBatch.create([1]);
    const { completedAt } =
      (await batch.bundle([{ name: 0, bytes: "x" }])) && (await batch.status());
    const changed = await patched(batch, { metadata: { name: "b" } });
    expect(changed).toMatchObject({ state: "completed", completedAt, metadata: { name: "b" } });
  });

  test("is refused in a cancelled batch", async () => {
    const batch = await TestBatch.create([1]);
    await (await batch.call("/cancel", { method: "POST" })).body?.cancel();
    const problem = await readProblem(await patch(batch, { metadata: { name: "b" } }));
    expect(problem).toMatchObject({ status: 409, code: "batch_cancelled" });
  });

  test.each<[string, unknown]>([
    ["metadata that is no object", { metadata: null }],
    ["a list", { metadata: [] }],
    ["another field", { title: "x" }],
    ["a misspelt field beside a known one", { sealed: true, metdata: {} }],
    ["sealed: false", { sealed: false }],
    ["a name of 201 characters", { metadata: { name: "n".repeat(201) } }],
    ["more than 16 KiB", { metadata: { text: "x".repeat(16 * 1024) } }],
    ["__proto__", '{"metadata":{"__proto__":{"a":1}}}'],
    ["__proto__ below a key", '{"metadata":{"a":{"__proto__":null}}}'],
    ["33 levels", `{"metadata":${'{"a":'.repeat(33)}{}${"}".repeat(33)}}`],
  ])("refuses %s", async (_, body) => {
    const batch = await TestBatch.create([1], { sealed: false, metadata: { a: { b: 1 } } });
    expect(await readProblem(await patch(batch, body))).toMatchObject(REFUSED);
    const { metadata, rev, sealed } = await batch.status();
    expect({ metadata, rev, sealed }).toEqual({ metadata: { a: { b: 1 } }, rev: 1, sealed: false });
  });

  test("refuses a result that is too large, of two patches that are not", async () => {
    const batch = await TestBatch.create([1]);
    const text = "x".repeat(9000);
    await patched(batch, { metadata: { a: text } });
    expect(await readProblem(await patch(batch, { metadata: { b: text } }))).toMatchObject(REFUSED);
    expect((await patched(batch, { metadata: { a: null, b: text } })).metadata).toEqual({
      b: text,
    });
  });

  test("names the field that can't be changed", async () => {
    const batch = await TestBatch.create([1]);
    const problem = await readProblem(await patch(batch, { expiresAt: null }));
    expect(problem.detail).toBe("expiresAt can't be changed; send sealed or metadata.");
  });

  test("a batch is not created with a name of 201 characters", async () => {
    const create = (length: number) => {
      const body = JSON.stringify({ metadata: { name: "n".repeat(length) } });
      return call("/v1/batches", { method: "POST", body });
    };
    expect(await readProblem(await create(201))).toMatchObject(REFUSED);
    expect((await create(200)).status).toBe(201);
  });
});

describe("GET …/files", () => {
  const NFC = "é.txt".normalize("NFC");
  const NFD = "é.txt".normalize("NFD");
  const FILES = [
    { name: NFD, size: 1, path: `a/${NFD}` },
    { name: "b", size: 1 },
    { name: NFC, size: 1, path: `b/${NFC}` },
    { name: NFC, size: 2 },
    { name: "É.txt", size: 1 },
  ];

  const ids = async (batch: TestBatch, query: Record<string, string>) => {
    const response = await batch.call(`/files?${new URLSearchParams(query).toString()}`);
    const { files, next } = await response.json<FilePage>();
    return { ids: files.map(({ id }) => id), next };
  };

  test("finds files by name and path, after NFC", async () => {
    const batch = await TestBatch.create(FILES);
    for (const name of [NFC, NFD]) {
      expect(await ids(batch, { name })).toEqual({ ids: [0, 2, 3], next: null });
      expect(await ids(batch, { name, path: `b/${name}` })).toEqual({ ids: [2], next: null });
      expect(await ids(batch, { path: `a/${name}` })).toEqual({ ids: [0], next: null });
    }
    expect((await ids(batch, { path: "b" })).ids).toEqual([]);
    expect((await ids(batch, { name: "" })).ids).toEqual([]);
    expect((await ids(batch, { name: "%" })).ids).toEqual([]);
  });

  test("combines them with the other filters and pages", async () => {
    const batch = await TestBatch.create(FILES);
    await batch.bundle([{ name: 2, bytes: "x" }]);
    expect((await ids(batch, { name: NFC, state: "completed" })).ids).toEqual([2]);
    expect((await ids(batch, { name: NFC, since: "1" })).ids).toEqual([2]);
    expect(await ids(batch, { name: NFC, limit: "2" })).toEqual({ ids: [0, 2], next: 2 });
    expect(await ids(batch, { name: NFC, limit: "2", after: "2" })).toEqual({
      ids: [3],
      next: null,
    });
  });

  test("finds one of 10,000 files", async () => {
    const files = Array.from({ length: 10_000 }, (_, id) => ({ name: `file-${id}`, size: 1 }));
    const batch = await TestBatch.create(files);
    expect(await ids(batch, { name: "file-9876" })).toEqual({ ids: [9876], next: null });
  });
});
