import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Store } from "../../durable-objects/batch/store.ts";
import type { Batch, FileEvent } from "../../durable-objects/index.ts";
import { LIMITS } from "../../protocol/index.ts";
import { crc32 } from "../../storage/crc32.ts";
import { r2Error } from "../../storage/testing/r2-errors.ts";
import { skipWaits } from "../../storage/testing/skip-waits.ts";
import { plainBucket } from "../../storage/testing/strict-bucket.ts";
import { readProblem, type TestFile, TestBatch } from "../testing/batch.ts";
import { utf8 } from "../testing/multipart.ts";
import { readZip } from "../testing/read-zip.ts";
import { noise } from "../testing/samples.ts";
import { expectCrc32s, storedCrc32s } from "../testing/stored-crc32s.ts";

afterEach(() => void vi.restoreAllMocks());

const MODIFIED = Date.UTC(2024, 1, 29, 12, 34, 56);

/** Creates a batch and sends the files that have bytes. */
async function batchOf(
  files: readonly (Omit<TestFile, "size"> & { bytes?: Uint8Array<ArrayBuffer> })[],
  options = {},
): Promise<TestBatch> {
  const declared = files.map(({ bytes, ...file }) => ({ ...file, size: bytes?.length ?? 3 }));
  const batch = await TestBatch.create(declared, options);
  for (const [id, { bytes }] of files.entries()) {
    if (bytes) await (await batch.put(id, bytes)).body?.cancel();
  }
  return batch;
}

/** Sizes around those at which the content is read in another way. */
const SIZES = [0, 1, 70_000, 262_144, 262_145, 2_000_000];
const CONTENTS = SIZES.map((size, index) => noise(size, index + 1));
const CRC32S = CONTENTS.map((bytes) => crc32(bytes));

const manyFiles = () => batchOf(CONTENTS.map((bytes, id) => ({ name: `${id}.bin`, bytes })));

const archive = (batch: TestBatch, query = "", headers = {}) =>
  batch.call(`/archive${query}`, { headers }, batch.created.tokens.read);

const namesIn = async (response: Response) =>
  readZip(await response.bytes()).map(({ name }) => name);

describe("GET /v1/batches/:batch/archive", () => {
  test("returns the completed files with their folders, names, times and bytes", async () => {
    const batch = await batchOf([
      { name: "a.txt", path: "trip/día 1/a.txt", lastModified: MODIFIED, bytes: noise(5) },
      { name: "not sent" },
      { name: "日本.bin", lastModified: -1, bytes: noise(30_000) },
      { name: "empty", bytes: noise(0) },
    ]);
    const response = await archive(batch);
    expect(response.status).toBe(200);
    const created = Math.floor(Date.parse(batch.created.createdAt) / 1000);
    expect(readZip(await response.bytes())).toEqual([
      { name: "trip/día 1/a.txt", bytes: noise(5), modified: MODIFIED / 1000 },
      { name: "日本.bin", bytes: noise(30_000), modified: -1 },
      { name: "empty", bytes: noise(0), modified: created },
    ]);
  });

  test("returns contents of every size, in parts as well", async () => {
    const batch = await manyFiles();
    const entries = readZip(await (await archive(batch)).bytes());
    expect(entries.map(({ bytes }) => crc32(bytes))).toEqual(CRC32S);
    const large = noise(LIMITS.partBytes + 5);
    const inParts = await TestBatch.create([large.length]);
    for (const part of [2, 1]) {
      const body = large.slice((part - 1) * LIMITS.partBytes, part * LIMITS.partBytes);
      await (await inParts.call(`/files/0/parts/${part}`, { method: "PUT", body })).body?.cancel();
    }
    const [entry] = readZip(await (await archive(inParts)).bytes());
    expect(crc32(entry?.bytes ?? utf8(""))).toBe(crc32(large));
  });

  test("has the headers of a download, with one Batch call", async () => {
    const { headers } = await archive(await manyFiles());
    expect(Object.fromEntries(headers)).toMatchObject({
      "accept-ranges": "bytes",
      "cache-control": "private, no-cache, no-transform",
      "content-disposition": expect.stringMatching(
        /^attachment; filename="batch-[0-9a-f]{8}\.zip"/u,
      ),
      "content-security-policy": "sandbox; default-src 'none'",
      "content-type": "application/zip",
      "server-timing": 'batch;desc="1"',
      "x-content-type-options": "nosniff",
      etag: expect.stringMatching(/^"[0-9a-f]{64}"$/u),
    });
  });

  test.each([
    ["Summer 2024", "Summer 2024.zip"],
    ["backup.ZIP", "backup.ZIP"],
    ["../../etc/passwd", "passwd.zip"],
    ['a"\r\nSet-Cookie: b', "a___Set-Cookie_ b.zip"],
    ["", "file.zip"],
  ])("is named after a batch whose name is %j: %s", async (name, filename) => {
    const { headers } = await archive(await batchOf([], { metadata: { name } }));
    expect(headers.get("Content-Disposition")).toContain(`filename="${filename}"`);
  });

  test("of a batch without completed files is an empty ZIP", async () => {
    const response = await archive(await batchOf([{ name: "a" }]));
    expect([response.status, await namesIn(response)]).toEqual([200, []]);
  });

  test("has no file that was deleted, cancelled or has failed", async () => {
    const batch = await batchOf(CONTENTS.map((bytes, id) => ({ name: `${id}`, bytes })));
    for (const id of [1, 3]) await (await batch.call(`/files/${id}`, { method: "DELETE" })).json();
    expect(await namesIn(await archive(batch))).toEqual(["0", "2", "4", "5"]);
    expect(await namesIn(await archive(batch, "?ids=0-3"))).toEqual(["0", "2"]);
  });

  test("ignores parameters that mail programs add", async () => {
    expect((await archive(await manyFiles(), "?utm_source=mail")).status).toBe(200);
  });

  test("takes a read token in its address", async () => {
    const batch = await manyFiles();
    const response = await batch.call(`/archive?token=${batch.created.tokens.read}`, {}, "");
    expect(response.status).toBe(200);
  });

  test("is never run by a browser", async () => {
    const response = await archive(await manyFiles(), "", { "Sec-Fetch-Dest": "script" });
    expect(await readProblem(response)).toMatchObject({ code: "forbidden" });
  });
});

describe("ids", () => {
  test.each([
    ["0", ["0.bin"]],
    ["3,1", ["1.bin", "3.bin"]],
    ["0,2-4", ["0.bin", "2.bin", "3.bin", "4.bin"]],
    ["1-3,2-2,003", ["1.bin", "2.bin", "3.bin"]],
  ])("select files: %s", async (ids, names) => {
    expect(await namesIn(await archive(await manyFiles(), `?ids=${ids}`))).toEqual(names);
  });

  test.each([
    ["", '""'],
    ["1,", '""'],
    ["a", '"a"'],
    ["-1", '"-1"'],
    ["1-", '"1-"'],
    ["1-2-3", '"1-2-3"'],
    ["1%202", '"1 2"'],
    ["+1", '" 1"'],
    ["1.5", '"1.5"'],
    ["1234567890", '"1234567890"'],
    ["3-1", "3-1"],
  ])("that are malformed are refused by name: %j", async (ids, named) => {
    const problem = await readProblem(await archive(await manyFiles(), `?ids=${ids}`));
    expect(problem).toMatchObject({ status: 400, code: "malformed_request" });
    expect(problem.detail).toContain(named);
  });

  test("in two parameters are refused", async () => {
    const problem = await readProblem(await archive(await manyFiles(), "?ids=1&ids=2"));
    expect(problem).toMatchObject({ status: 400, code: "malformed_request" });
  });

  test.each(["6", "0-6"])("that the batch does not have are refused: %s", async (ids) => {
    const problem = await readProblem(await archive(await manyFiles(), `?ids=${ids}`));
    expect(problem).toMatchObject({ status: 404, code: "file_not_found" });
    expect(problem.detail).toContain("6");
  });
});

describe("a part of an archive", () => {
  test("is the same bytes, wherever it begins and ends", async () => {
    const batch = await manyFiles();
    const whole = await (await archive(batch)).bytes();
    const positions = [0, 1, 29, 30, 40, 1000, 80_000, 400_000, 2_500_000];
    positions.push(...Array.from({ length: 150 }, (_, index) => whole.length - 10 * index - 1));
    for (const [index, from] of positions.entries()) {
      const [length = 1] = [1, 25, 70_000].slice(index % 3);
      const to = Math.min(whole.length, from + length) - 1;
      const response = await archive(batch, "", { Range: `bytes=${from}-${to}` });
      expect(response.status).toBe(206);
      expect(response.headers.get("Content-Range")).toBe(`bytes ${from}-${to}/${whole.length}`);
      const [part, expected] = [await response.bytes(), whole.subarray(from, to + 1)];
      expect([part.length, crc32(part)]).toEqual([expected.length, crc32(expected)]);
    }
  });

  test("can be the rest, or the end", async () => {
    const batch = await manyFiles();
    const whole = await (await archive(batch)).bytes();
    const rest = await archive(batch, "", { Range: "bytes=100000-" });
    expect(crc32(await rest.bytes())).toBe(crc32(whole.subarray(100_000)));
    const end = await archive(batch, "", { Range: "bytes=-22" });
    expect(await end.bytes()).toEqual(whole.subarray(-22));
  });

  test("after the end is refused", async () => {
    const batch = await manyFiles();
    const { length } = await (await archive(batch)).bytes();
    const response = await archive(batch, "", { Range: `bytes=${length}-` });
    expect(response.headers.get("Content-Range")).toBe(`bytes */${length}`);
    expect(await readProblem(response)).toMatchObject({ code: "range_not_satisfiable" });
  });

  test("reads only the objects that it needs", async () => {
    const batch = await manyFiles();
    const { length } = await (await archive(batch)).bytes();
    const get = vi.spyOn(env.BUCKET, "get");
    await (await archive(batch, "", { Range: `bytes=${length - 100}-` })).bytes();
    expect(get).not.toHaveBeenCalled();
    await (await archive(batch, "", { Range: "bytes=150-160" })).bytes();
    expect(get).toHaveBeenCalledOnce();
  });
});

describe("the ETag of an archive", () => {
  const etagOf = async (batch: TestBatch, query = "") => {
    const response = await archive(batch, query);
    await response.body?.cancel();
    return response.headers.get("ETag") ?? "";
  };

  test("is that of its files, however they are selected and whatever else changes", async () => {
    const batch = await batchOf([{ name: "a", bytes: noise(3) }, { name: "b" }, { name: "c" }]);
    const etag = await etagOf(batch);
    expect(await etagOf(batch, "?ids=0")).toBe(etag);
    expect(await etagOf(batch, "?ids=0-2")).toBe(etag);
    await batch.call("", { method: "PATCH", body: '{"metadata":{"name":"other"}}' });
    expect(await etagOf(batch)).toBe(etag);
    await batch.put(1, noise(3));
    expect(await etagOf(batch, "?ids=0")).toBe(etag);
    const both = await etagOf(batch);
    expect(both).not.toBe(etag);
    await batch.call("/files/0", { method: "DELETE" });
    const other = await etagOf(batch);
    expect([etag, both]).not.toContain(other);
  });

  test("confirms an archive, and guards a range", async () => {
    const batch = await manyFiles();
    const etag = await etagOf(batch);
    const statusOf = async (headers: object) => {
      const response = await archive(batch, "", headers);
      await response.body?.cancel();
      return response.status;
    };
    const range = { Range: "bytes=5-9" };
    expect(await statusOf({ "If-None-Match": etag })).toBe(304);
    expect(await statusOf({ "If-None-Match": '"other"' })).toBe(200);
    expect(await statusOf({ "If-Match": etag })).toBe(200);
    expect(await statusOf({ ...range, "If-Range": etag })).toBe(206);
    expect(await statusOf({ ...range, "If-Range": '"other"' })).toBe(200);
    expect(await statusOf({ ...range, "If-Range": new Date().toUTCString() })).toBe(200);
    // An archive has no time.
    expect(await statusOf({ "If-Modified-Since": new Date().toUTCString() })).toBe(200);
    const problem = await readProblem(await archive(batch, "", { "If-Match": '"other"' }));
    expect(problem).toMatchObject({ code: "precondition_failed" });
    expect(problem.detail).toContain(etag);
  });
});

test("HEAD has the length and the ETag, and reads nothing", async () => {
  const batch = await manyFiles();
  const response = await archive(batch);
  const { length } = await response.bytes();
  const get = vi.spyOn(env.BUCKET, "get");
  const headers = { Range: "bytes=0-5" };
  const head = await batch.call("/archive", { method: "HEAD", headers });
  expect([head.status, head.headers.get("Content-Length")]).toEqual([200, String(length)]);
  expect(head.headers.get("ETag")).toBe(response.headers.get("ETag"));
  expect(get).not.toHaveBeenCalled();
});

/** Returns the bytes that arrive before an archive breaks off. */
async function bytesUntilEnd({ body }: Response): Promise<number> {
  const stream: ReadableStream<Uint8Array> | null = body;
  const reader = stream?.getReader();
  let bytes = 0;
  try {
    for (let read = await reader?.read(); read && !read.done; read = await reader?.read())
      bytes += read.value.length;
  } catch {
    return bytes;
  }
  throw new Error("The archive did not break off.");
}

describe("an archive breaks off at a file that", () => {
  const keyOf = (batch: TestBatch, id: number) => `${batch.id}/${id}/${id}.bin`;

  test.each([
    ["has gone", 2, (key: string) => env.BUCKET.delete(key)],
    ["has gone", 5, (key: string) => env.BUCKET.delete(key)],
    [
      "was replaced by one of another size",
      2,
      (key: string) => plainBucket(env.BUCKET).put(key, "other"),
    ],
  ])("%s: file %d", async (_, id, change) => {
    const logged = vi.spyOn(console, "error").mockReturnValue();
    skipWaits();
    const batch = await manyFiles();
    await change(keyOf(batch, id));
    const before = await bytesUntilEnd(await archive(batch));
    const size = SIZES.slice(0, id).reduce((sum, each) => sum + each, 0);
    expect(before).toBeLessThanOrEqual(size + 100 * (id + 1));
    expect(logged).toHaveBeenCalledOnce();
    // The others are whole.
    const others = await archive(batch, `?ids=0-${id - 1}`);
    expect(readZip(await others.bytes())).toHaveLength(id);
  });

  test("R2 can't read, after three attempts", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    skipWaits();
    const batch = await manyFiles();
    const get = vi.spyOn(env.BUCKET, "get").mockRejectedValue(r2Error("get", "internal"));
    await bytesUntilEnd(await archive(batch, "?ids=1"));
    expect(get).toHaveBeenCalledTimes(3);
  });
});

test("an object that was replaced is in the next archive, as it is in downloads", async () => {
  vi.spyOn(console, "error").mockReturnValue();
  skipWaits();
  const batch = await manyFiles();
  const other = noise(70_000, 9);
  await plainBucket(env.BUCKET).put(`${batch.id}/2/2.bin`, other);
  const first = await archive(batch);
  expect(await bytesUntilEnd(first)).toBeLessThan(1000);
  const second = await archive(batch);
  expect(second.headers.get("ETag")).not.toBe(first.headers.get("ETag"));
  const entries = readZip(await second.bytes());
  expect(crc32(entries[2]?.bytes ?? other.subarray(1))).toBe(crc32(other));
  await expectCrc32s(batch.id);
});

test("a file that R2 can't read for a moment is in the archive", async () => {
  skipWaits();
  const batch = await manyFiles();
  vi.spyOn(env.BUCKET, "get").mockRejectedValueOnce(r2Error("get", "unavailable"));
  const entries = readZip(await (await archive(batch)).bytes());
  expect(entries.map(({ bytes }) => crc32(bytes))).toEqual(CRC32S);
});

test("a small file whose object ends early is read again", async () => {
  skipWaits();
  const batch = await manyFiles();
  const get = env.BUCKET.get.bind(env.BUCKET);
  let cut = 0;
  vi.spyOn(env.BUCKET, "get").mockImplementation(async (key: string, options?: R2GetOptions) => {
    const object = await get(key, options);
    if (!key.endsWith("/2.bin") || !object || cut++ > 0) return object;
    const bytes = async () => (await new Response(object.body).bytes()).subarray(0, 1000);
    return new Proxy(object, {
      get: (target, name): unknown => (name === "bytes" ? bytes : Reflect.get(target, name)),
    });
  });
  const entries = readZip(await (await archive(batch)).bytes());
  expect(cut).toBe(2);
  expect(entries.map(({ bytes }) => crc32(bytes))).toEqual(CRC32S);
});

test("a client that leaves holds no object open", async () => {
  const batch = await manyFiles();
  const opened: R2ObjectBody[] = [];
  const get = env.BUCKET.get.bind(env.BUCKET);
  vi.spyOn(env.BUCKET, "get").mockImplementation(async (key: string, options?: R2GetOptions) => {
    const object = await get(key, options);
    if (object && "body" in object) opened.push(object);
    return object;
  });
  const logged = vi.spyOn(console, "error");
  const response = await archive(batch);
  await response.body?.cancel();
  await expect.poll(() => opened.every(({ bodyUsed }) => bodyUsed)).toBe(true);
  expect(logged).not.toHaveBeenCalled();
});

describe("a file whose CRC-32 is not known, as an earlier version has stored it", () => {
  /** Makes a batch that has forgotten the CRC-32 of its files. */
  async function batchOfEarlierVersion(): Promise<TestBatch> {
    const batch = await manyFiles();
    const stub = env.BATCH.getByName(batch.id);
    await runInDurableObject(stub, (_, { storage }) => {
      const records = storage.kv.get<{ crc32?: number }[]>("records/000000") ?? [];
      storage.kv.put(
        "records/000000",
        records.map(({ crc32: _known, ...record }) => record),
      );
    });
    await evictDurableObject(stub);
    expect(await storedCrc32s(batch.id)).toEqual(CONTENTS.map(() => undefined));
    return batch;
  }

  test("is read once for it", async () => {
    const expected = await (await archive(await manyFiles())).bytes();
    const batch = await batchOfEarlierVersion();
    const get = vi.spyOn(env.BUCKET, "get");
    const head = await batch.call("/archive", { method: "HEAD" });
    expect(head.headers.get("Content-Length")).toBe(String(expected.length));
    expect(get).toHaveBeenCalledTimes(CONTENTS.length);
    expect(await storedCrc32s(batch.id)).toEqual(CRC32S);
    const entries = readZip(await (await archive(batch)).bytes());
    expect(entries.map(({ bytes }) => crc32(bytes))).toEqual(CRC32S);
    // The empty file is not read for its content.
    expect(get).toHaveBeenCalledTimes(2 * CONTENTS.length - 1);
  });

  test("is read without an activity in the batch, which would put off its expiry", async () => {
    const batch = await batchOfEarlierVersion();
    const { updatedAt, expiresAt } = await batch.status();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
    expect((await batch.call("/archive", { method: "HEAD" })).status).toBe(200);
    expect(await storedCrc32s(batch.id)).toEqual(CRC32S);
    expect(await batch.status()).toMatchObject({ updatedAt, expiresAt });
    vi.useRealTimers();
  });

  test("is read by the next request if that takes long", async () => {
    const batch = await batchOfEarlierVersion();
    const get = env.BUCKET.get.bind(env.BUCKET);
    vi.useFakeTimers({ toFake: ["Date"] });
    vi.spyOn(env.BUCKET, "get").mockImplementation(async (key: string, options?: R2GetOptions) => {
      vi.setSystemTime(Date.now() + 15_000);
      return get(key, options);
    });
    for (const known of [2, 4]) {
      const response = await archive(batch);
      expect(response.headers.get("Retry-After")).toBe("1");
      expect(await readProblem(response)).toMatchObject({ status: 503, code: "busy" });
      const crc32s = await storedCrc32s(batch.id);
      expect(crc32s.filter((value) => value !== undefined)).toHaveLength(known);
    }
    expect(readZip(await (await archive(batch)).bytes())).toHaveLength(CONTENTS.length);
    vi.useRealTimers();
  });

  test("and whose object is gone or has another size, is no part of a wrong archive", async () => {
    skipWaits();
    const batch = await batchOfEarlierVersion();
    await plainBucket(env.BUCKET).put(`${batch.id}/2/2.bin`, "other");
    expect(await readProblem(await archive(batch))).toMatchObject({ code: "storage_failed" });
    expect(await storedCrc32s(batch.id)).toContain(CRC32S[1]);
    await env.BUCKET.delete(`${batch.id}/2/2.bin`);
    expect(await readProblem(await archive(batch))).toMatchObject({ code: "storage_failed" });
    expect((await archive(batch, "?ids=0-1")).status).toBe(200);
  });
});

describe("an archive of too many files is refused, and one of a selection is not:", () => {
  /** Creates a batch whose files are all completed, without bytes in R2. */
  async function completed(paths: readonly string[]): Promise<TestBatch> {
    const files = paths.map((path) => ({ name: "a", path, size: 0 }));
    const batch = await TestBatch.create([], { sealed: false });
    const stub = env.BATCH.getByName(batch.id);
    await runInDurableObject<Batch, unknown>(stub, (object) => {
      for (let first = 0; first < files.length; first += 5000)
        object.declare({ key: String(first), files: files.slice(first, first + 5000) });
      object.applyEvents(
        files.flatMap((_, file): FileEvent[] => [
          { event: "stored", file, etag: "etag", crc32: 0 },
          { event: "processing", file, progress: 75 },
          { event: "completed", file, properties: {} },
        ]),
      );
    });
    return batch;
  }

  test("10,000 files are not too many", async () => {
    const paths = Array.from({ length: 10_000 }, (_, index) => `f/${index}`);
    const entries = readZip(await (await archive(await completed(paths))).bytes());
    expect(entries.map(({ name }) => name)).toEqual(paths);
  });

  test("paths that are too long together", async () => {
    const batch = await completed(
      Array.from({ length: 2500 }, (_, index) => `${index}`.padEnd(4000, "a")),
    );
    const reads = vi.spyOn(Store.prototype, "declarations");
    for (const query of ["", "?ids=0-2400"]) {
      reads.mockClear();
      const problem = await readProblem(await archive(batch, query));
      expect(problem).toMatchObject({ status: 413, code: "too_many_files" });
      // Those beyond the limit would fill the memory of the object.
      const read = reads.mock.calls.reduce((sum, [ids]) => sum + Array.from(ids).length, 0);
      expect(read).toBeLessThanOrEqual(2000);
    }
    expect((await archive(batch, "?ids=0-1000")).status).toBe(200);
  });
});
