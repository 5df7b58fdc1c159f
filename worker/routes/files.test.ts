import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { FilePage } from "../../protocol/index.ts";
import { ORIGIN, readProblem, TestBatch } from "../testing/batch.ts";
import { PNG } from "../testing/samples.ts";
import { sha256Hex } from "../upload/digest.ts";

afterEach(() => void vi.restoreAllMocks());

async function page(batch: TestBatch, query: string): Promise<FilePage> {
  return (await batch.call(`/files${query}`)).json<FilePage>();
}

const idsOf = ({ files }: FilePage) => files.map(({ id }) => id);

describe("GET /v1/batches/:batch/files", () => {
  test("returns every field of each file, with one Batch call", async () => {
    const batch = await TestBatch.create([
      { name: "a.png", size: PNG.length, type: "image/x-unknown" },
      { name: "b", size: 3, type: "text/plain" },
      { name: "c", size: 9 },
    ]);
    await batch.bundle([
      { name: 0, bytes: PNG },
      { name: 1, bytes: "four" },
    ]);
    const { rev } = await batch.status();
    const response = await batch.call("/files");
    expect(response.headers.get("Server-Timing")).toBe('batch;desc="1"');
    const links = (id: number) => {
      const self = `${ORIGIN}/v1/batches/${batch.id}/files/${id}`;
      return { self, content: `${self}/content` };
    };
    expect(await response.json()).toEqual({
      rev,
      files: [
        {
          id: 0,
          name: "a.png",
          path: null,
          size: PNG.length,
          type: "image/png",
          state: "completed",
          progress: 100,
          receivedBytes: PNG.length,
          attempts: 1,
          etag: expect.stringMatching(/^[0-9a-f]{32}$/u),
          sha256: await sha256Hex(PNG),
          width: 3,
          height: 2,
          links: links(0),
        },
        {
          id: 1,
          name: "b",
          path: null,
          size: 3,
          type: "text/plain",
          state: "failed",
          progress: 49,
          receivedBytes: 3,
          attempts: 1,
          error: { code: "size_mismatch", detail: expect.any(String), retryable: true },
          links: links(1),
        },
        {
          id: 2,
          name: "c",
          path: null,
          size: 9,
          type: "application/octet-stream",
          state: "queued",
          progress: 0,
          receivedBytes: 0,
          attempts: 0,
          links: links(2),
        },
      ],
      next: null,
    });
  });

  test("pages by limit and after", async () => {
    const batch = await TestBatch.create([1, 1, 1, 1, 1]);
    const first = await page(batch, "?limit=2");
    expect([idsOf(first), first.next]).toEqual([[0, 1], 1]);
    const second = await page(batch, "?limit=2&after=1");
    expect([idsOf(second), second.next]).toEqual([[2, 3], 3]);
    const last = await page(batch, "?limit=2&after=3");
    expect([idsOf(last), last.next]).toEqual([[4], null]);
    const exact = await page(batch, "?limit=5");
    expect([idsOf(exact), exact.next]).toEqual([[0, 1, 2, 3, 4], null]);
    expect(await page(batch, "?after=4")).toMatchObject({ files: [], next: null });
  });

  test("returns at most 1,000 files", async () => {
    const batch = await TestBatch.create(Array.from({ length: 1100 }, () => 1));
    const first = await page(batch, "?limit=5000");
    expect([first.files.length, first.next]).toEqual([1000, 999]);
    expect(idsOf(await page(batch, "?after=999"))).toHaveLength(100);
  });

  test("filters by state, and pages the filtered files", async () => {
    const batch = await TestBatch.create([2, 2, 2, 2]);
    await batch.bundle([
      { name: 1, bytes: "ok" },
      { name: 3, bytes: "ok" },
    ]);
    expect(idsOf(await page(batch, "?state=completed"))).toEqual([1, 3]);
    expect(idsOf(await page(batch, "?state=queued"))).toEqual([0, 2]);
    expect(idsOf(await page(batch, "?state=failed"))).toEqual([]);
    expect(await page(batch, "?state=completed&limit=1")).toMatchObject({ next: 1 });
    expect(await page(batch, "?state=completed&limit=1&after=1")).toMatchObject({ next: null });
  });

  test("filters by changes since a rev", async () => {
    const batch = await TestBatch.create([2, 2, 2]);
    const { rev } = await batch.bundle([{ name: 2, bytes: "ok" }]);
    expect(idsOf(await page(batch, "?since=0"))).toEqual([0, 1, 2]);
    expect(idsOf(await page(batch, "?since=1"))).toEqual([2]);
    expect(await page(batch, `?since=${rev}`)).toEqual({ rev, files: [], next: null });
  });
});

describe("GET /v1/batches/:batch/files/:file", () => {
  test("returns the file as in the list", async () => {
    const batch = await TestBatch.create([1, 2]);
    const response = await batch.call("/files/1");
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual((await batch.files())[1]);
  });
});

describe("GET /v1/batches/:batch/files/:file/content", () => {
  async function stored(name: string, bytes: Uint8Array | string, type = ""): Promise<TestBatch> {
    const size = new Blob([bytes]).size;
    const batch = await TestBatch.create([{ name, size, type }]);
    await batch.bundle([{ name: 0, bytes }]);
    return batch;
  }

  const digits = () => stored("digits.txt", "0123456789", "text/plain");
  const content = (batch: TestBatch, headers: Record<string, string> = {}) =>
    batch.call("/files/0/content", { headers });

  test("returns a download that browsers do not render", async () => {
    const batch = await stored("ünsafe.html", "<script>", "text/html");
    const response = await content(batch);
    expect([response.status, await response.text()]).toEqual([200, "<script>"]);
    const [{ etag } = {}] = await batch.files();
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "accept-ranges": "bytes",
      "cache-control": "private, no-cache, no-transform",
      "content-encoding": "identity",
      "cross-origin-resource-policy": "cross-origin",
      "content-disposition": `attachment; filename="_nsafe.html"; filename*=UTF-8''%C3%BCnsafe.html`,
      "content-security-policy": "sandbox; default-src 'none'",
      "content-type": "application/octet-stream",
      "x-content-type-options": "nosniff",
      etag: `"${etag}"`,
    });
  });

  test.each(["text/javascript", "text/css", "image/svg+xml", "application/wasm"])(
    "serves the active type %s as bytes, and lists the file with its type",
    async (type) => {
      const batch = await stored("active", "active", type);
      for (const headers of [{}, { Range: "bytes=0-2" }, { "If-None-Match": "*" }]) {
        const response = await content(batch, headers);
        await response.body?.cancel();
        expect(response.headers.get("Content-Type")).toBe("application/octet-stream");
        expect(response.headers.get("X-Content-Type-Options")).toBe("nosniff");
      }
      expect(await batch.files()).toMatchObject([{ type }]);
    },
  );

  test("serves an inert type as it is", async () => {
    const response = await content(await digits());
    expect([response.headers.get("Content-Type"), await response.text()]).toEqual([
      "text/plain",
      "0123456789",
    ]);
  });

  test.each(["empty", "document", "image", "audio", "video"])(
    "serves browsers the file for the destination %s",
    async (destination) => {
      const response = await content(await digits(), { "Sec-Fetch-Dest": destination });
      expect([response.status, await response.text()]).toEqual([200, "0123456789"]);
    },
  );

  test.each([
    "audioworklet",
    "embed",
    "fencedframe",
    "frame",
    "iframe",
    "json",
    "manifest",
    "object",
    "paintworklet",
    "script",
    "Script",
    "serviceworker",
    "sharedworker",
    "speculationrules",
    "style",
    "worker",
    "xslt",
    "a destination of the future",
  ])("refuses browsers the file for the destination %s", async (destination) => {
    const batch = await digits();
    for (const method of ["GET", "HEAD"]) {
      const headers = { "Sec-Fetch-Dest": destination, "If-None-Match": "*" };
      const response = await batch.call("/files/0/content", { method, headers });
      expect(response.status).toBe(403);
      if (method === "HEAD") continue;
      expect(await readProblem(response)).toMatchObject({
        code: "forbidden",
        detail: expect.stringContaining(`"${destination}" (Sec-Fetch-Dest)`),
      });
    }
  });

  test.each([
    ["bytes=0-0", "0", "bytes 0-0/10"],
    ["bytes=2-5", "2345", "bytes 2-5/10"],
    ["Bytes=7-", "789", "bytes 7-9/10"],
    ["bytes=7-99", "789", "bytes 7-9/10"],
    ["bytes=-3", "789", "bytes 7-9/10"],
    ["bytes=-99", "0123456789", "bytes 0-9/10"],
  ])("returns the range %s", async (range, text, contentRange) => {
    const response = await content(await digits(), { Range: range });
    expect([response.status, await response.text()]).toEqual([206, text]);
    expect(response.headers.get("Content-Range")).toBe(contentRange);
  });

  test.each(["bytes=10-", "bytes=10-20", "bytes=-0"])(
    "refuses the range %s, which is outside the file",
    async (range) => {
      const response = await content(await digits(), { Range: range });
      expect(response.headers.get("Content-Range")).toBe("bytes */10");
      expect(await readProblem(response)).toMatchObject({
        status: 416,
        code: "range_not_satisfiable",
      });
    },
  );

  test.each(["bytes=", "bytes=5-2", "lines=1-2", "bytes=0-1,3-4"])(
    "returns the whole file for the unsupported range %s",
    async (range) => {
      const response = await content(await digits(), { Range: range });
      expect([response.status, await response.text()]).toEqual([200, "0123456789"]);
      expect(response.headers.get("Content-Range")).toBeNull();
    },
  );

  test("returns the range if If-Range matches, else the whole file", async () => {
    const batch = await digits();
    const etag = (await content(batch)).headers.get("ETag") ?? "";
    const range = { Range: "bytes=5-" };
    expect(await (await content(batch, { ...range, "If-Range": etag })).text()).toBe("56789");
    const other = await content(batch, { ...range, "If-Range": '"other"' });
    expect([other.status, await other.text()]).toEqual([200, "0123456789"]);
  });

  test("returns the range if If-Range is the file's time, else the whole file", async () => {
    const batch = await digits();
    const lastModified = (await content(batch)).headers.get("Last-Modified") ?? "";
    const time = Date.parse(lastModified);
    const { createdAt } = await batch.status();
    expect(time).toBeGreaterThan(Date.parse(createdAt) - 1000);
    expect(time).toBeLessThanOrEqual(Date.now());
    const ranged = (version: string) =>
      content(batch, { Range: "bytes=5-", "If-Range": version }).then((response) =>
        response.text(),
      );
    expect(await ranged(lastModified)).toBe("56789");
    for (const other of [time - 1000, time + 1000]) {
      expect(await ranged(new Date(other).toUTCString())).toBe("0123456789");
    }
    const etag = (await content(batch)).headers.get("ETag");
    expect(await ranged(`W/${etag}`)).toBe("0123456789");
  });

  test("compares Last-Modified in whole seconds", async () => {
    const batch = await digits();
    const lastModified = (await content(batch)).headers.get("Last-Modified") ?? "";
    const statuses = async (time: number) => {
      const date = new Date(time).toUTCString();
      const since = await content(batch, { "If-Modified-Since": date });
      const until = await content(batch, { "If-Unmodified-Since": date });
      return [since.status, until.status];
    };
    expect(await statuses(Date.parse(lastModified))).toEqual([304, 200]);
    expect(await statuses(Date.parse(lastModified) - 1000)).toEqual([200, 412]);
  });

  test("lets a tag decide where a date contradicts it", async () => {
    const batch = await digits();
    const etag = (await content(batch)).headers.get("ETag") ?? "";
    const [past, future] = ["Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2099 07:28:00 GMT"];
    const known = { "If-None-Match": `W/${etag}`, "If-Modified-Since": past };
    expect((await content(batch, known)).status).toBe(304);
    const unknown = { "If-None-Match": '"other"', "If-Modified-Since": future };
    expect((await content(batch, unknown)).status).toBe(200);
    const expected = { "If-Match": etag, "If-Unmodified-Since": past };
    expect((await content(batch, expected)).status).toBe(200);
    expect((await content(batch, { "If-Match": `W/${etag}` })).status).toBe(412);
  });

  test("answers HEAD and a 304 with the headers of GET, and does not read the object", async () => {
    const batch = await digits();
    const { headers } = await content(batch);
    const get = vi.spyOn(Object.getPrototypeOf(env.BUCKET), "get");
    const head = await batch.call("/files/0/content", { method: "HEAD" });
    expect([head.status, Object.fromEntries(head.headers)]).toEqual([
      200,
      { ...Object.fromEntries(headers), "content-length": "10" },
    ]);
    const ranged = { method: "HEAD", headers: { Range: "bytes=5-" } };
    expect((await batch.call("/files/0/content", ranged)).headers.get("Content-Length")).toBe("10");
    const known = { "If-None-Match": headers.get("ETag") ?? "" };
    for (const method of ["HEAD", "GET"]) {
      const response = await batch.call("/files/0/content", { method, headers: known });
      expect([response.status, response.headers.get("Last-Modified")]).toEqual([
        304,
        headers.get("Last-Modified"),
      ]);
    }
    expect(get).not.toHaveBeenCalled();
  });

  test("returns 304 if If-None-Match matches", async () => {
    const batch = await digits();
    const etag = (await content(batch)).headers.get("ETag") ?? "";
    const response = await content(batch, { "If-None-Match": etag });
    expect([response.status, await response.text()]).toEqual([304, ""]);
    expect(response.headers.get("ETag")).toBe(etag);
  });

  test.each([
    ["If-Match", '"other"'],
    ["If-Unmodified-Since", "Wed, 21 Oct 2015 07:28:00 GMT"],
  ])("refuses a download whose %s does not match, and names what would", async (name, value) => {
    const batch = await digits();
    const whole = await content(batch);
    await whole.body?.cancel();
    const response = await content(batch, { [name]: value });
    const known = ["ETag", "Last-Modified"].map((header) => response.headers.get(header));
    expect(known).toEqual(["ETag", "Last-Modified"].map((header) => whole.headers.get(header)));
    const { detail, ...problem } = await readProblem(response);
    expect(problem).toMatchObject({ status: 412, code: "precondition_failed" });
    for (const header of known) expect(detail).toContain(header);
  });

  test.each([
    ["If-None-Match", "none"],
    ["If-None-Match", '"half'],
    ["If-Match", ""],
    ["If-Match", '#1", W/"2"'],
    ["If-Modified-Since", "yesterday"],
    ["If-Unmodified-Since", "Wed, 99 Oct"],
  ])("returns the whole file for the invalid condition %s: %s", async (name, value) => {
    const response = await content(await digits(), { [name]: value });
    expect([response.status, await response.text()]).toEqual([200, "0123456789"]);
  });

  test.each([
    ["If-None-Match", 'W/"other", *', 304],
    ["If-Match", '"other" , "more"', 412],
    ["If-Modified-Since", "Wed, 21 Oct 2099 07:28:00 GMT", 304],
    ["If-Unmodified-Since", "Wed, 21 Oct 2015 07:28:00 GMT", 412],
  ])("returns no content for %s: %s", async (name, value, status) => {
    expect((await content(await digits(), { [name]: value })).status).toBe(status);
  });

  test("returns an empty file", async () => {
    const batch = await stored("empty.txt", "", "text/plain");
    const response = await content(batch);
    expect([response.status, await response.text()]).toEqual([200, ""]);
    const ranged = await content(batch, { Range: "bytes=0-" });
    expect(ranged.status).toBe(416);
    await ranged.body?.cancel();
  });

  test("returns file_not_found before the file is stored", async () => {
    const batch = await TestBatch.create([1]);
    expect(await readProblem(await content(batch))).toMatchObject({ code: "file_not_found" });
    const ranged = await content(batch, { Range: "bytes=5-" });
    expect(await readProblem(ranged)).toMatchObject({ code: "file_not_found" });
  });
});
