import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Batch } from "../../durable-objects/index.ts";
import { SHEET_BYTES, SHEET_FILES } from "../../protocol/index.ts";
import { readProblem, TestBatch } from "../testing/batch.ts";
import { operatorToken } from "../testing/grants.ts";
import { webp } from "../testing/webp.ts";

const SHEET = webp(1024, 1024, { extra: 100 });
const OTHER = webp(512, 64, { extra: 200 });

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const path = (sheet: number | string) => `/sheets/${sheet}`;

function putSheet(
  batch: TestBatch,
  body: BodyInit = SHEET,
  { sheet = 0, headers = {} }: { sheet?: number | string; headers?: HeadersInit } = {},
): Promise<Response> {
  return batch.call(path(sheet), { method: "PUT", body, headers });
}

function getSheet(batch: TestBatch, query = "", headers: Record<string, string> = {}) {
  return batch.call(`${path(0)}${query}`, { headers }, batch.created.tokens.read);
}

/** Lets the time between two `PUT`s of a sheet pass. */
function pass(ms = 2000): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });
}

/** Runs something while the next sheet is being stored. */
function duringNextPut(run: () => Promise<unknown>): void {
  const put = env.BUCKET.put.bind(env.BUCKET);
  const interrupted = async (...args: Parameters<typeof put>) => {
    await run();
    return put(...args);
  };
  vi.spyOn(env.BUCKET, "put").mockImplementationOnce(interrupted);
}

async function stored(batch: TestBatch): Promise<string[]> {
  const { objects } = await env.BUCKET.list({ prefix: `${batch.id}/sheets/` });
  return objects.map(({ key }) => key.slice(batch.id.length));
}

async function codeOf(response: Response): Promise<[number, string]> {
  const { status, code } = await readProblem(response);
  return [status, code];
}

describe("a contact sheet", () => {
  test("is stored and listed, watchers are told, and readers get it", async () => {
    const batch = await TestBatch.create([2], { sealed: false });
    const watcher = await batch.watch();
    const put = await putSheet(batch);
    const etag = put.headers.get("ETag") ?? "";
    expect([put.status, etag]).toEqual([204, expect.stringMatching(/^"[0-9a-f]{32}"$/u)]);
    const sheets = { 0: etag.replaceAll('"', "") };
    expect(await watcher.next("batch")).toMatchObject({ rev: 2, batch: { sheets } });
    expect(await batch.readerStatus()).toMatchObject({ rev: 2, sheets });
    const response = await getSheet(batch);
    expect(await response.bytes()).toEqual(SHEET);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "cache-control": "private, no-cache",
      "content-type": "image/webp",
      etag,
    });
  });

  test("is immutable under an address with its etag, and is not sent again to a client that has it", async () => {
    const batch = await TestBatch.create([2]);
    const etag = (await putSheet(batch)).headers.get("ETag") ?? "";
    const version = etag.replaceAll('"', "");
    const cached = async (query: string) =>
      (await getSheet(batch, query)).headers.get("Cache-Control");
    expect(await cached(`?v=${version}&utm_source=mail`)).toBe(
      "private, max-age=31536000, immutable",
    );
    expect(await cached("?v=another")).toBe("private, no-cache");
    const get = vi.spyOn(env.BUCKET, "get");
    const known = await getSheet(batch, "", { "If-None-Match": etag });
    const head = await batch.call(path(0), { method: "HEAD" });
    expect([known.status, head.status, head.headers.get("ETag")]).toEqual([304, 200, etag]);
    expect(get).not.toHaveBeenCalled();
  });

  test("is replaced, at most once in two seconds", async () => {
    const batch = await TestBatch.create([2]);
    await putSheet(batch);
    const early = await putSheet(batch, OTHER);
    expect([early.headers.get("Retry-After"), await codeOf(early)]).toEqual([
      "2",
      [429, "rate_limited"],
    ]);
    pass();
    expect((await putSheet(batch, OTHER)).status).toBe(204);
    expect(await (await getSheet(batch)).bytes()).toEqual(OTHER);
    expect(await stored(batch)).toEqual(["/sheets/0"]);
  });

  test("is replaced only if the conditions hold", async () => {
    const batch = await TestBatch.create([2]);
    const put = async (headers: Record<string, string>) => {
      pass();
      const response = await putSheet(batch, SHEET, { headers });
      return response.status === 204 ? 204 : codeOf(response);
    };
    const failed = [412, "precondition_failed"];
    expect(await put({ "If-Match": "*" })).toEqual(failed);
    expect(await put({ "If-Match": '"none"' })).toEqual(failed);
    expect(await put({ "If-None-Match": "*" })).toBe(204);
    const { sheets } = await batch.readerStatus();
    const etag = `"${sheets?.[0]}"`;
    expect(await put({ "If-None-Match": "*" })).toEqual(failed);
    expect(await put({ "If-None-Match": etag })).toEqual(failed);
    expect(await put({ "If-Match": '"another"' })).toEqual(failed);
    expect(await put({ "If-Match": `W/${etag}` })).toEqual(failed);
    expect(await put({ "If-Match": "malformed" })).toEqual(failed);
    expect(await put({ "If-Match": `"another", ${etag}` })).toBe(204);
    expect(await put({ "If-Match": "*" })).toBe(204);
  });

  test.each([
    ["beyond the files", 1],
    ["far beyond the files", 99_999],
    ["negative", -1],
    ["no number", "first"],
  ])("is refused if its number is %s", async (_, sheet) => {
    const batch = await TestBatch.create([2]);
    expect(await codeOf(await putSheet(batch, SHEET, { sheet }))).toEqual([404, "no_sheet"]);
    expect(await codeOf(await batch.call(path(sheet)))).toEqual([404, "no_sheet"]);
  });

  test("exists for every 256 files", async () => {
    const files = Array.from({ length: SHEET_FILES + 1 }, () => 1);
    const batch = await TestBatch.create(files);
    for (const [sheet, status] of [204, 204, 404].entries()) {
      expect((await putSheet(batch, SHEET, { sheet })).status).toBe(status);
    }
    expect(Object.keys((await batch.readerStatus()).sheets ?? {})).toEqual(["0", "1"]);
  });

  test.each<[string, BodyInit]>([
    ["text", "<script>alert(1)</script>"],
    ["empty", ""],
    ["a PNG", Uint8Array.fromHex("89504e470d0a1a0a0000000d4948445200000010000000100806000000")],
    ["an SVG", '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'],
    ["a WAV", new TextEncoder().encode("RIFF0000WAVEfmt ")],
    ["too wide", webp(1025, 16)],
    ["too high, lossy", webp(16, 1025, { kind: "VP8 " })],
    ["too high, extended", webp(16, 1025, { kind: "VP8X" })],
    ["animated", webp(16, 16, { kind: "VP8X", isAnimated: true })],
    ["cut off in its head", webp(16, 16).subarray(0, 20)],
    ["cut off", webp(16, 16, { extra: 10 }).subarray(0, 35)],
    ["of an unknown kind", webp(16, 16).with(15, 0x4d)],
  ])("is refused if it is %s", async (_, body) => {
    const batch = await TestBatch.create([2]);
    expect(await codeOf(await putSheet(batch, body))).toEqual([415, "type_refused"]);
    expect(await stored(batch)).toEqual([]);
  });

  test.each(["VP8 ", "VP8L", "VP8X"] as const)("is accepted as %s", async (kind) => {
    const batch = await TestBatch.create([2]);
    expect((await putSheet(batch, webp(1024, 64, { kind }))).status).toBe(204);
  });

  test("has at most 512 KiB, whether its length is announced or not", async () => {
    const batch = await TestBatch.create([2]);
    const sized = (bytes: number) => webp(16, 16, { extra: bytes - webp(16, 16).length });
    const large = sized(SHEET_BYTES + 1);
    expect(await codeOf(await putSheet(batch, large))).toEqual([413, "too_large"]);
    const stream = new Blob([large]).stream();
    expect(await codeOf(await putSheet(batch, stream))).toEqual([413, "too_large"]);
    expect((await putSheet(batch, sized(SHEET_BYTES))).status).toBe(204);
  });

  test("never runs in a browser", async () => {
    const batch = await TestBatch.create([2]);
    await putSheet(batch);
    const { headers } = await getSheet(batch);
    expect(Object.fromEntries(headers)).toMatchObject({
      "content-disposition": expect.stringContaining("attachment"),
      "content-security-policy": "sandbox; default-src 'none'",
      "x-content-type-options": "nosniff",
    });
    for (const destination of ["script", "worker", "serviceworker", "manifest", "iframe"]) {
      const response = await getSheet(batch, "", { "Sec-Fetch-Dest": destination });
      expect(await codeOf(response)).toEqual([403, "forbidden"]);
    }
  });

  test("is no activity of the batch, and survives a restart", async () => {
    const batch = await TestBatch.create([2]);
    const { updatedAt, expiresAt } = await batch.readerStatus();
    await putSheet(batch);
    const after = await batch.readerStatus();
    expect(after).toMatchObject({ updatedAt, expiresAt });
    await evictDurableObject(env.BATCH.getByName(batch.id));
    expect((await batch.readerStatus()).sheets).toEqual(after.sheets);
  });
});

describe("the batch of a contact sheet", () => {
  test("accepts it while it is paused, and after its end", async () => {
    const batch = await TestBatch.create([2]);
    await batch.call("/pause", { method: "POST" });
    expect((await putSheet(batch)).status).toBe(204);
    await batch.call("/resume", { method: "POST" });
    await batch.put(0, "ok");
    const { state, rev, completedAt } = await batch.readerStatus();
    const watcher = await batch.watch();
    await watcher.next("uploadCompleted");
    watcher.clear();
    pass();
    expect((await putSheet(batch, OTHER)).status).toBe(204);
    await watcher.next("batch");
    expect(watcher.frames).toHaveLength(1);
    const after = await batch.readerStatus();
    expect([state, after.completedAt, after.rev > rev]).toEqual(["completed", completedAt, true]);
  });

  test("refuses it once it is cancelled, and deletes those that show files which were never stored", async () => {
    const batch = await TestBatch.create(Array.from({ length: SHEET_FILES + 1 }, () => 2));
    await batch.put(SHEET_FILES, "ok");
    for (const sheet of [0, 1]) await putSheet(batch, SHEET, { sheet });
    await batch.call("/cancel", { method: "POST" });
    pass();
    expect(await codeOf(await putSheet(batch, OTHER))).toEqual([409, "batch_cancelled"]);
    expect(Object.keys((await batch.readerStatus()).sheets ?? {})).toEqual(["1"]);
    await runDurableObjectAlarm(env.BATCH.getByName(batch.id));
    expect(await stored(batch)).toEqual(["/sheets/1"]);
  });

  test("deletes those that show a file which is cancelled alone, or was not stored in time", async () => {
    const cancelled = await TestBatch.create([2, 2]);
    await putSheet(cancelled);
    await cancelled.call("/cancel", {
      method: "POST",
      body: JSON.stringify({ files: [0] }),
      headers: { "Content-Type": "application/json" },
    });
    expect(await cancelled.readerStatus()).not.toHaveProperty("sheets");
    const expired = await TestBatch.create([2]);
    await putSheet(expired);
    pass(366 * 24 * 3_600_000);
    await runDurableObjectAlarm(env.BATCH.getByName(expired.id));
    expect(await stored(expired)).toEqual([]);
  });

  test("deletes it, also for the operator", async () => {
    const tokens = [undefined, await operatorToken()];
    for (const token of tokens) {
      const batch = await TestBatch.create([2]);
      await putSheet(batch);
      expect((await batch.call("", { method: "DELETE" }, token)).status).toBe(204);
      expect(await stored(batch)).toEqual([]);
      expect((await getSheet(batch)).status).toBe(404);
    }
  });
});

describe("the deletion of a file", () => {
  test("deletes the sheet that shows it, and no other", async () => {
    const batch = await TestBatch.create(Array.from({ length: SHEET_FILES + 1 }, () => 2));
    await batch.put(SHEET_FILES, "ok");
    for (const sheet of [0, 1]) await putSheet(batch, SHEET, { sheet });
    const watcher = await batch.watch();
    await batch.call(`/files/${SHEET_FILES}`, { method: "DELETE" });
    expect(await stored(batch)).toEqual(["/sheets/0"]);
    const { sheets } = await batch.readerStatus();
    expect(Object.keys(sheets ?? {})).toEqual(["0"]);
    expect(await watcher.next("batch")).toMatchObject({ batch: { sheets } });
    expect(await codeOf(await batch.call(path(1)))).toEqual([404, "no_sheet"]);
  });

  test("leaves a sheet that was sent after it, also if it is repeated", async () => {
    const batch = await TestBatch.create([2, 2]);
    await putSheet(batch);
    await batch.call("/files/0", { method: "DELETE" });
    pass();
    await putSheet(batch, OTHER);
    await batch.call("/files/0", { method: "DELETE" });
    expect(await (await getSheet(batch)).bytes()).toEqual(OTHER);
  });

  test("refuses a sheet that is being stored, and its object is deleted", async () => {
    const batch = await TestBatch.create([2, 2]);
    await putSheet(batch);
    pass();
    duringNextPut(() => batch.call("/files/0", { method: "DELETE" }));
    expect(await codeOf(await putSheet(batch, OTHER))).toEqual([412, "precondition_failed"]);
    expect(await stored(batch)).toEqual([]);
    expect(await batch.readerStatus()).not.toHaveProperty("sheets");
    pass();
    expect((await putSheet(batch, OTHER)).status).toBe(204);
  });

  test("deletes an object that is left of an earlier request, by the cleanup at the latest", async () => {
    const batch = await TestBatch.create([2, 2]);
    await batch.put(0, "ok");
    await putSheet(batch);
    vi.spyOn(env.BUCKET, "delete").mockRejectedValue(new Error("delete: Unavailable. (10043)"));
    expect(await codeOf(await batch.call("/files/0", { method: "DELETE" }))).toEqual([
      502,
      "storage_failed",
    ]);
    vi.restoreAllMocks();
    expect(await stored(batch)).toEqual(["/sheets/0"]);
    pass(3 * 60_000);
    await runDurableObjectAlarm(env.BATCH.getByName(batch.id));
    expect(await stored(batch)).toEqual([]);
  });
});

test("a sheet that R2 can't store is not listed, and can be sent again", async () => {
  const batch = await TestBatch.create([2]);
  vi.spyOn(env.BUCKET, "put").mockRejectedValue(new Error("put: Unavailable. (10043)"));
  expect(await codeOf(await putSheet(batch))).toEqual([502, "storage_failed"]);
  vi.restoreAllMocks();
  expect(await batch.readerStatus()).not.toHaveProperty("sheets");
  pass();
  expect((await putSheet(batch)).status).toBe(204);
});

test("a sheet that meets a restart of the object is refused and deleted", async () => {
  const batch = await TestBatch.create([2]);
  duringNextPut(() => evictDurableObject(env.BATCH.getByName(batch.id)));
  expect(await codeOf(await putSheet(batch))).toEqual([503, "busy"]);
  expect(await stored(batch)).toEqual([]);
});

test("a recorded sheet that such a request has overwritten is listed no more", async () => {
  const batch = await TestBatch.create([2]);
  await putSheet(batch);
  pass();
  duringNextPut(() => evictDurableObject(env.BATCH.getByName(batch.id)));
  expect(await codeOf(await putSheet(batch, OTHER))).toEqual([503, "busy"]);
  expect(await stored(batch)).toEqual([]);
  expect(await batch.readerStatus()).not.toHaveProperty("sheets");
});

test("of two requests that store a sheet at the same time, the second one is refused", async () => {
  const batch = await TestBatch.create([2]);
  let second: Response | undefined;
  duringNextPut(async () => {
    pass(10_000);
    second = await putSheet(batch, OTHER);
  });
  expect((await putSheet(batch)).status).toBe(204);
  expect(second?.status).toBe(429);
  expect(await (await getSheet(batch)).bytes()).toEqual(SHEET);
});

test("a repeated call of the object changes nothing", async () => {
  const batch = await TestBatch.create([2]);
  const object = env.BATCH.getByName(batch.id);
  const results = await runInDurableObject<Batch, { ok: boolean }[]>(object, (instance) => [
    instance.admitSheet(0, "request", {}),
    instance.admitSheet(0, "request", {}),
    instance.recordSheet(0, "request", "etag"),
    instance.recordSheet(0, "request", "etag"),
  ]);
  expect(results).toMatchObject([{ ok: true }, { ok: true }, { ok: true }, { ok: true }]);
  expect(await batch.readerStatus()).toMatchObject({ rev: 2, sheets: { 0: "etag" } });
});
