import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type BatchResource, type CreatedBatch, LIMITS } from "../../protocol/index.ts";
import { call, ORIGIN, readProblem, testFile, TestBatch } from "../testing/batch.ts";
import { expectedTotals } from "../testing/tally.ts";

afterEach(() => void vi.restoreAllMocks());

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u;
const oneCall = { "server-timing": 'batch;desc="1"' };

function headersOf({ headers }: Response): Record<string, string> {
  return Object.fromEntries(headers);
}

function create(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return call("/v1/batches", { method: "POST", body: JSON.stringify(body), headers });
}

describe("POST /v1/batches", () => {
  test("keeps all metadata", async () => {
    const metadata = { constructor: { prototype: 1 }, prototype: [2], toString: "three" };
    const batch = await TestBatch.create([1], { metadata });
    expect((await batch.status()).metadata).toEqual(metadata);
  });

  test("returns everything that a client needs, with one Batch call", async () => {
    const files = [testFile(1), { ...testFile(2), type: "", path: "a/b", lastModified: 0 }];
    const response = await create({ files, metadata: { album: 7 } });
    expect(response.status).toBe(201);
    const created = await response.json<CreatedBatch>();
    const self = `${ORIGIN}/v1/batches/${created.id}`;
    expect(created).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/u),
      rev: 1,
      state: "active",
      createdAt: expect.stringMatching(ISO),
      expiresAt: expect.stringMatching(ISO),
      keepUntil: null,
      location: null,
      tokens: {
        write: expect.stringMatching(/^ey/u),
        live: expect.stringMatching(/^ey/u),
        read: expect.stringMatching(/^ey/u),
        owner: expect.stringMatching(/^ey/u),
      },
      links: {
        self,
        files: `${self}/files`,
        live: `${self}/live`,
        events: `${self}/events`,
        bundle: `${self}/bundle`,
        page: `${ORIGIN}/b/${created.id}`,
      },
      limits: LIMITS,
      firstFile: 0,
      count: 2,
    });
    expect(headersOf(response)).toMatchObject({ location: self, ...oneCall });
    expect(Date.parse(String(created.expiresAt))).toBeGreaterThan(Date.parse(created.createdAt));
  });

  test("seals a batch that lists files, unless sealed is false", async () => {
    expect(await (await TestBatch.create([1])).status()).toMatchObject({ sealed: true });
    const open = await TestBatch.create([1], { sealed: false });
    expect(await open.status()).toMatchObject({ sealed: false });
    expect(await (await TestBatch.create()).status()).toMatchObject({ sealed: false });
  });

  test("completes a sealed batch without files", async () => {
    const batch = await TestBatch.create([], { sealed: true });
    expect(await batch.status()).toMatchObject({ state: "completed", percentComplete: 100 });
  });

  test("returns no owner token to a client with a grant", async () => {
    const { created } = await TestBatch.create();
    const grant = { Authorization: `Bearer ${created.tokens.owner}` };
    const { tokens } = await (await create({}, grant)).json<CreatedBatch>();
    expect(Object.keys(tokens).toSorted()).toEqual(["live", "read", "write"]);
  });

  test("declares 10,000 files in one Batch call", async () => {
    const files = Array.from({ length: 10_000 }, (_, index) => testFile(index));
    const response = await create({ files });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ firstFile: 0, count: 10_000, rev: 1 });
    expect(headersOf(response)).toMatchObject(oneCall);
  });
});

describe("POST /v1/batches/:batch/files", () => {
  const add = (batch: TestBatch, files: unknown, headers: Record<string, string> = {}) =>
    batch.call("/files", { method: "POST", body: JSON.stringify({ files }), headers });

  test("appends files, with two Batch calls for the owner's quota", async () => {
    const batch = await TestBatch.create([1], { sealed: false });
    const response = await add(batch, [testFile(2), testFile(3)]);
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ firstFile: 1, count: 2, rev: 2 });
    expect(headersOf(response)).toMatchObject({ "server-timing": 'batch;desc="2"' });
    expect((await batch.files()).map(({ id, size }) => [id, size])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
  });

  test("accepts two files of the same name and size", async () => {
    const batch = await TestBatch.create([1, 1]);
    expect((await batch.files()).map(({ id, name }) => [id, name])).toEqual([
      [0, "1-bytes"],
      [1, "1-bytes"],
    ]);
  });

  test("declares files once for a repeated Idempotency-Key", async () => {
    const batch = await TestBatch.create();
    const once = { "Idempotency-Key": "first page" };
    const response = await (await add(batch, [testFile(1)], once)).json();
    await batch.call("", { method: "PATCH", body: '{"sealed":true}' });
    const again = await add(batch, [testFile(1)], once);
    expect(again.status).toBe(201);
    expect(await again.json()).toEqual(response);
    expect((await batch.status()).totals.files).toBe(1);
  });

  test("declares files twice for two keys, and for none", async () => {
    const batch = await TestBatch.create();
    for (const headers of [{ "Idempotency-Key": "a" }, { "Idempotency-Key": "b" }, {}, {}]) {
      await (await add(batch, [testFile(1)], headers)).body?.cancel();
    }
    expect((await batch.status()).totals.files).toBe(4);
  });

  test("declares nothing if firstFile is not the next id, except for a repeated call", async () => {
    const batch = await TestBatch.create([1], { sealed: false });
    const adding = (firstFile: number, key: string) =>
      batch.call("/files", {
        method: "POST",
        headers: { "Idempotency-Key": key },
        body: JSON.stringify({ files: [testFile(2)], firstFile }),
      });
    const first = await adding(1, "first");
    expect(first.status).toBe(201);
    const response = await first.json();
    expect(response).toMatchObject({ firstFile: 1, count: 1 });
    for (const firstFile of [0, 1, 3]) {
      const problem = await readProblem(await adding(firstFile, "late"));
      expect(problem).toMatchObject({ status: 409, code: "files_added" });
    }
    expect(await (await adding(1, "first")).json()).toEqual(response);
    expect((await batch.status()).totals.files).toBe(2);
    for (const firstFile of [-1, 0.5]) {
      const problem = await readProblem(await adding(firstFile, "wrong"));
      expect(problem).toMatchObject({ status: 400, code: "malformed_request" });
    }
  });

  test("declares a file that is too large as permanently failed", async () => {
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

  test("seals a batch once", async () => {
    const batch = await TestBatch.create([1], { sealed: false });
    const response = await seal(batch);
    expect(response.status).toBe(200);
    const sealed = await response.json<BatchResource>();
    expect(sealed).toMatchObject({ sealed: true, state: "active", rev: 2 });
    expect(await (await seal(batch)).json()).toEqual(sealed);
  });

  test("completes a batch whose files are all settled", async () => {
    const batch = await TestBatch.create([2], { sealed: false });
    await batch.bundle([{ name: 0, bytes: "ok" }]);
    expect(await batch.status()).toMatchObject({ state: "active", completedAt: null });
    const response = await (await seal(batch)).json();
    expect(response).toMatchObject({ state: "completed", completedAt: expect.stringMatching(ISO) });
  });
});

describe("GET /v1/batches/:batch", () => {
  test("returns the status, with one Batch call", async () => {
    const batch = await TestBatch.create([2, 7], { metadata: { album: 7 } });
    await batch.bundle([{ name: 0, bytes: "ok" }]);
    const { rev, files } = await batch.filePage();
    const response = await batch.call();
    const status = await response.json<BatchResource>();
    const { id, createdAt, links, limits } = batch.created;
    expect(status).toEqual({
      id,
      rev,
      state: "active",
      sealed: true,
      createdAt,
      updatedAt: expect.stringMatching(ISO),
      completedAt: null,
      expiresAt: expect.stringMatching(ISO),
      keepUntil: null,
      metadata: { album: 7 },
      location: null,
      links,
      limits,
      percentStored: 22.22,
      ...expectedTotals(files),
    });
    expect(status.percentComplete).toBe(49.99);
    expect(headersOf(response)).toMatchObject({ etag: `"${rev}"`, ...oneCall });
  });

  test("has the summary of a completed batch, as after each retry", async () => {
    const batch = await TestBatch.create([2, 2]);
    await batch.bundle([{ name: 0, bytes: "ok" }]);
    expect(await batch.status()).not.toHaveProperty("summary");
    await batch.bundle([{ name: 1, bytes: "four" }]);
    const { createdAt, completedAt, summary } = await batch.status();
    expect(summary).toEqual({
      files: 2,
      completed: 1,
      failed: 1,
      cancelled: 0,
      bytes: 2,
      startedAt: createdAt,
      completedAt,
      durationMs: Date.parse(completedAt ?? "") - Date.parse(createdAt),
      failures: [[1, "2-bytes", "size_mismatch"]],
    });
    await batch.call("/retry", { method: "POST" });
    expect(await batch.status()).not.toHaveProperty("summary");
    await batch.bundle([{ name: 1, bytes: "ok" }]);
    expect((await batch.status()).summary).toMatchObject({ completed: 2, failures: [] });
  });

  test("has the first hundred failures of a completed batch", async () => {
    const tooLarge = { name: "large", size: LIMITS.fileBytes + 1 };
    const batch = await TestBatch.create(Array.from({ length: 250 }, () => tooLarge));
    const { summary } = await batch.status();
    expect(summary).toMatchObject({ files: 250, failed: 250 });
    const failures = Array.from({ length: 100 }, (_, id) => [id, "large", "too_large"]);
    expect(summary?.failures).toEqual(failures);
  });

  test("has no summary of a cancelled batch", async () => {
    const batch = await TestBatch.create([2]);
    await batch.call("/cancel", { method: "POST" });
    expect(await batch.status()).not.toHaveProperty("summary");
  });

  test.each(['"1"', 'W/"1"', '"0", "1"', "*"])("returns 304 for If-None-Match %s", async (tags) => {
    const batch = await TestBatch.create([1]);
    const response = await batch.call("", { headers: { "If-None-Match": tags } });
    expect([response.status, await response.text()]).toEqual([304, ""]);
    expect(response.headers.get("ETag")).toBe('"1"');
  });

  test("returns 200 for another ETag", async () => {
    const batch = await TestBatch.create([1]);
    const response = await batch.call("", { headers: { "If-None-Match": '"0"' } });
    expect(response.status).toBe(200);
    await response.body?.cancel();
  });

  test("returns no body for HEAD", async () => {
    const batch = await TestBatch.create([1]);
    const response = await batch.call("", { method: "HEAD" });
    expect([response.status, await response.text()]).toEqual([200, ""]);
    expect(response.headers.get("ETag")).toBe('"1"');
  });
});

describe("GET /v1/batches/:batch?since&wait", () => {
  test("returns at once if the rev is newer", async () => {
    const batch = await TestBatch.create([1]);
    expect(await (await batch.call("?since=0&wait=30")).json()).toMatchObject({ rev: 1 });
  });

  test("waits for a newer rev", async () => {
    const batch = await TestBatch.create([2]);
    // Only the change can end the wait.
    const timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValue(new AbortController().signal);
    const waiting = batch
      .call("?since=1&wait=30")
      .then((response) => response.json<BatchResource>());
    await expect.poll(() => timeout.mock.calls).toEqual([[28_500]]);
    await batch.call("/pause", { method: "POST" });
    expect(await waiting).toMatchObject({ rev: 2, state: "paused" });
  });

  test("waits no longer than the given seconds", async () => {
    const batch = await TestBatch.create([1]);
    const timeout = vi.spyOn(AbortSignal, "timeout");
    const response = await batch.call("?since=1&wait=1");
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ rev: 1 });
    expect(timeout.mock.calls).toEqual([[950]]);
  });

  test.each(["completed", "cancelled"])(
    "returns at once, and opens no socket, if the batch is %s",
    async (state) => {
      const batch = await TestBatch.create([2]);
      if (state === "completed") await batch.bundle([{ name: 0, bytes: "ok" }]);
      else await batch.call("/cancel", { method: "POST" });
      const { rev } = await batch.status();
      const timeout = new AbortController().signal;
      vi.spyOn(AbortSignal, "timeout").mockReturnValue(timeout);
      const response = await batch.call(`?since=${rev}&wait=30`);
      expect(response.headers.get("Server-Timing")).toBe('batch;desc="1"');
      expect(await response.json()).toMatchObject({ rev, state });
    },
  );

  test("returns in time even if the batch's object stops responding", async () => {
    const batch = await TestBatch.create([2]);
    const getByName = env.BATCH.getByName.bind(env.BATCH);
    const stub = { fetch: () => new Promise<Response>(() => {}) };
    let calls = 0;
    // The status is returned; the socket never opens.
    vi.spyOn(env.BATCH, "getByName").mockImplementation((name) =>
      ++calls === 1 ? getByName(name) : Object.assign(getByName(name), stub),
    );
    const response = await batch.call("?since=1&wait=1");
    expect(await response.json()).toMatchObject({ rev: 1 });
  });

  test("returns 304 for the same ETag if nothing has changed", async () => {
    const batch = await TestBatch.create([1]);
    const headers = { "If-None-Match": '"1"' };
    const response = await batch.call("?since=1&wait=1", { headers });
    expect([response.status, await response.text()]).toEqual([304, ""]);
  });
});
