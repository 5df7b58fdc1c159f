import { describe, expect, test } from "vitest";
import { type BatchResource, type CreatedBatch, LIMITS } from "../../protocol/index.ts";
import { call, testFile, readProblem, TestBatch } from "../testing/batch.ts";
import { expectedTotals } from "../testing/tally.ts";

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u;
const oneCall = { "server-timing": 'batch;desc="1"' };

function headersOf({ headers }: Response): Record<string, string> {
  return Object.fromEntries(headers);
}

function create(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return call("/v1/batches", { method: "POST", body: JSON.stringify(body), headers });
}

describe("POST /v1/batches", () => {
  test("answers all that a client needs to begin, after one Batch call", async () => {
    const files = [testFile(1), { ...testFile(2), type: "", path: "a/b", lastModified: 0 }];
    const answer = await create({ files, metadata: { album: 7 } });
    expect(answer.status).toBe(201);
    const created = await answer.json<CreatedBatch>();
    const self = `/v1/batches/${created.id}`;
    expect(created).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/u),
      rev: 1,
      state: "active",
      createdAt: expect.stringMatching(ISO),
      expiresAt: expect.stringMatching(ISO),
      tokens: {
        write: expect.stringMatching(/^ey/u),
        read: expect.stringMatching(/^ey/u),
        owner: expect.stringMatching(/^ey/u),
      },
      links: {
        self,
        files: `${self}/files`,
        live: `${self}/live`,
        events: `${self}/events`,
        bundle: `${self}/bundle`,
        tus: "/tus",
        page: `/b/${created.id}`,
      },
      limits: LIMITS,
      firstFile: 0,
      count: 2,
    });
    expect(headersOf(answer)).toMatchObject({ location: self, ...oneCall });
    expect(Date.parse(created.expiresAt)).toBeGreaterThan(Date.parse(created.createdAt));
  });

  test("seals a batch that names its files, unless it says otherwise", async () => {
    expect(await (await TestBatch.create([1])).status()).toMatchObject({ sealed: true });
    const open = await TestBatch.create([1], { sealed: false });
    expect(await open.status()).toMatchObject({ sealed: false });
    expect(await (await TestBatch.create()).status()).toMatchObject({ sealed: false });
  });

  test("takes an empty batch that is sealed for what it is: complete", async () => {
    const batch = await TestBatch.create([], { sealed: true });
    expect(await batch.status()).toMatchObject({ state: "completed", percentComplete: 100 });
  });

  test("gives no owner's token to an owner who shows one", async () => {
    const { created } = await TestBatch.create();
    const grant = { Authorization: `Bearer ${created.tokens.owner}` };
    const { tokens } = await (await create({}, grant)).json<CreatedBatch>();
    expect(Object.keys(tokens).toSorted()).toEqual(["read", "write"]);
  });

  test("declares 10,000 files in one Batch call", async () => {
    const files = Array.from({ length: 10_000 }, (_, index) => testFile(index));
    const answer = await create({ files });
    expect(answer.status).toBe(201);
    expect(await answer.json()).toMatchObject({ firstFile: 0, count: 10_000, rev: 1 });
    expect(headersOf(answer)).toMatchObject(oneCall);
  });
});

describe("POST /v1/batches/:batch/files", () => {
  const add = (batch: TestBatch, files: unknown, headers: Record<string, string> = {}) =>
    batch.call("/files", { method: "POST", body: JSON.stringify({ files }), headers });

  test("declares more files, behind those that are there, in one Batch call", async () => {
    const batch = await TestBatch.create([1], { sealed: false });
    const answer = await add(batch, [testFile(2), testFile(3)]);
    expect(answer.status).toBe(201);
    expect(await answer.json()).toEqual({ firstFile: 1, count: 2, rev: 2 });
    expect(headersOf(answer)).toMatchObject(oneCall);
    expect((await batch.files()).map(({ id, size }) => [id, size])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
  });

  test("two files may be the same by name and size", async () => {
    const batch = await TestBatch.create([1, 1]);
    expect((await batch.files()).map(({ id, name }) => [id, name])).toEqual([
      [0, "1-bytes"],
      [1, "1-bytes"],
    ]);
  });

  test("declares once whatever comes again under the same Idempotency-Key", async () => {
    const batch = await TestBatch.create();
    const once = { "Idempotency-Key": "first page" };
    const answer = await (await add(batch, [testFile(1)], once)).json();
    await batch.call("", { method: "PATCH", body: '{"sealed":true}' });
    const again = await add(batch, [testFile(1)], once);
    expect(again.status).toBe(201);
    expect(await again.json()).toEqual(answer);
    expect((await batch.status()).totals.files).toBe(1);
  });

  test("declares twice under two keys, and under none", async () => {
    const batch = await TestBatch.create();
    for (const headers of [{ "Idempotency-Key": "a" }, { "Idempotency-Key": "b" }, {}, {}]) {
      await (await add(batch, [testFile(1)], headers)).body?.cancel();
    }
    expect((await batch.status()).totals.files).toBe(4);
  });

  test("declares nothing where the first file's id is not free, but for a call that comes again", async () => {
    const batch = await TestBatch.create([1], { sealed: false });
    const adding = (firstFile: number, key: string) =>
      batch.call("/files", {
        method: "POST",
        headers: { "Idempotency-Key": key },
        body: JSON.stringify({ files: [testFile(2)], firstFile }),
      });
    const first = await adding(1, "first");
    expect(first.status).toBe(201);
    const answer = await first.json();
    expect(answer).toMatchObject({ firstFile: 1, count: 1 });
    for (const firstFile of [0, 1, 3]) {
      const problem = await readProblem(await adding(firstFile, "late"));
      expect(problem).toMatchObject({ status: 409, code: "files_added" });
    }
    expect(await (await adding(1, "first")).json()).toEqual(answer);
    expect((await batch.status()).totals.files).toBe(2);
    for (const firstFile of [-1, 0.5]) {
      const problem = await readProblem(await adding(firstFile, "wrong"));
      expect(problem).toMatchObject({ status: 400, code: "malformed_request" });
    }
  });

  test("declares a file that is too large as failed for good", async () => {
    const batch = await TestBatch.create([LIMITS.fileBytes, LIMITS.fileBytes + 1]);
    const [fits, refused] = await batch.files();
    expect(fits).toMatchObject({ state: "queued" });
    expect(refused).toMatchObject({
      state: "failed",
      progress: 0,
      error: { code: "too_large", retryable: false, detail: expect.any(String) },
    });
    expect(await batch.status()).toMatchObject(expectedTotals(await batch.files()));
  });
});

describe("PATCH /v1/batches/:batch", () => {
  const seal = (batch: TestBatch) => batch.call("", { method: "PATCH", body: '{"sealed":true}' });

  test("seals, and does so once", async () => {
    const batch = await TestBatch.create([1], { sealed: false });
    const answer = await seal(batch);
    expect(answer.status).toBe(200);
    const sealed = await answer.json<BatchResource>();
    expect(sealed).toMatchObject({ sealed: true, state: "active", rev: 2 });
    expect(await (await seal(batch)).json()).toEqual(sealed);
  });

  test("completes a batch whose files are all settled", async () => {
    const batch = await TestBatch.create([2], { sealed: false });
    await batch.bundle([{ name: 0, bytes: "ok" }]);
    expect(await batch.status()).toMatchObject({ state: "active", completedAt: null });
    const answer = await (await seal(batch)).json();
    expect(answer).toMatchObject({ state: "completed", completedAt: expect.stringMatching(ISO) });
  });
});

describe("GET /v1/batches/:batch", () => {
  test("says how the batch stands, after one Batch call", async () => {
    const batch = await TestBatch.create([2, 7], { metadata: { album: 7 } });
    await batch.bundle([{ name: 0, bytes: "ok" }]);
    const answer = await batch.call();
    const status = await answer.json<BatchResource>();
    const { id, createdAt } = batch.created;
    expect(status).toEqual({
      id,
      rev: 2,
      state: "active",
      sealed: true,
      createdAt,
      updatedAt: expect.stringMatching(ISO),
      completedAt: null,
      expiresAt: expect.stringMatching(ISO),
      metadata: { album: 7 },
      ...expectedTotals(await batch.files()),
    });
    expect(status.percentComplete).toBe(49.99);
    expect(headersOf(answer)).toMatchObject({ etag: '"2"', ...oneCall });
  });

  test.each(['"1"', 'W/"1"', '"0", "1"', "*"])("is 304 to If-None-Match %s", async (tags) => {
    const batch = await TestBatch.create([1]);
    const answer = await batch.call("", { headers: { "If-None-Match": tags } });
    expect([answer.status, await answer.text()]).toEqual([304, ""]);
    expect(answer.headers.get("ETag")).toBe('"1"');
  });

  test("is 304 with the CORS headers for a page of another origin", async () => {
    const batch = await TestBatch.create([1]);
    const headers = { "If-None-Match": '"1"', Origin: "https://site.test" };
    const answer = await batch.call("", { headers });
    expect([answer.status, answer.headers.get("Access-Control-Allow-Origin")]).toEqual([304, "*"]);
    expect(answer.headers.get("Access-Control-Expose-Headers")).toContain("ETag");
  });

  test("is 200 to another ETag", async () => {
    const batch = await TestBatch.create([1]);
    const answer = await batch.call("", { headers: { "If-None-Match": '"0"' } });
    expect(answer.status).toBe(200);
    await answer.body?.cancel();
  });

  test("has no body for HEAD", async () => {
    const batch = await TestBatch.create([1]);
    const answer = await batch.call("", { method: "HEAD" });
    expect([answer.status, await answer.text()]).toEqual([200, ""]);
    expect(answer.headers.get("ETag")).toBe('"1"');
  });
});

describe("GET /v1/batches/:batch?since&wait", () => {
  test("answers at once where there is news", async () => {
    const batch = await TestBatch.create([1]);
    expect(await (await batch.call("?since=0&wait=30")).json()).toMatchObject({ rev: 1 });
  });

  test("holds the answer until there is", async () => {
    const batch = await TestBatch.create([2]);
    const began = Date.now();
    const waiting = batch.call("?since=1&wait=30").then((answer) => answer.json<BatchResource>());
    await new Promise((resolve) => setTimeout(resolve, 100));
    await batch.bundle([{ name: 0, bytes: "ok" }]);
    expect(await waiting).toMatchObject({ rev: 2, state: "completed" });
    expect(Date.now() - began).toBeGreaterThanOrEqual(100);
    expect(Date.now() - began).toBeLessThan(5000);
  });

  test("and no longer than it was asked to", async () => {
    const batch = await TestBatch.create([1]);
    const began = Date.now();
    const answer = await batch.call("?since=1&wait=1");
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ rev: 1 });
    expect(Date.now() - began).toBeGreaterThanOrEqual(900);
    expect(Date.now() - began).toBeLessThan(5000);
  });

  test("is 304 where nothing came and the ETag is the same", async () => {
    const batch = await TestBatch.create([1]);
    const headers = { "If-None-Match": '"1"' };
    const answer = await batch.call("?since=1&wait=1", { headers });
    expect([answer.status, await answer.text()]).toEqual([304, ""]);
  });
});
