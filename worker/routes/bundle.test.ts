import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type BundleResponse, LIMITS } from "../../protocol/index.ts";
import { sha256Hex } from "../upload/digest.ts";
import { readProblem, TestBatch } from "../testing/batch.ts";
import { concat, formBody, formRequest, unclosedBody, utf8 } from "../testing/multipart.ts";
import { JPEG, noise, PNG } from "../testing/samples.ts";
import { expectedTotals } from "../testing/tally.ts";
import { skipWaits } from "../../storage/testing/skip-waits.ts";

const OK = utf8("ok");
/** The row of a completed file. */
const done = (id: number, size = OK.length): unknown =>
  expect.objectContaining({ id, state: "completed", progress: 100, receivedBytes: size });
const digestOf = async (bytes: Uint8Array) =>
  `sha-256=:${Uint8Array.fromHex(await sha256Hex(bytes)).toBase64()}:`;

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("a bundle", () => {
  test("returns each file's row, in the order of its parts", async () => {
    const batch = await TestBatch.create([2, 0, PNG.length, 3]);
    const response = await batch.sendBundle([
      { name: 2, bytes: PNG },
      { name: 0, bytes: OK, filename: "any.txt" },
      { name: 1, bytes: "" },
    ]);
    expect(response.status).toBe(200);
    expect(response.headers.get("Tallyman-Failed")).toBe("0");
    expect(await response.json()).toEqual({
      rev: (await batch.status()).rev,
      files: [done(2, PNG.length), done(0), done(1, 0)],
    });
    expect((await batch.files()).map(({ state }) => state)).toEqual([
      "completed",
      "completed",
      "completed",
      "queued",
    ]);
    expect(await batch.status()).toMatchObject(expectedTotals(await batch.files()));
  });

  test("of a hundred files takes two Batch calls", async () => {
    // On a slow machine, a timer would send events in between.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const batch = await TestBatch.create(Array.from({ length: 100 }, () => 2));
    const parts = Array.from({ length: 100 }, (_, name) => ({ name, bytes: OK }));
    const response = await batch.sendBundle(parts);
    expect(response.headers.get("Server-Timing")).toBe('batch;desc="2"');
    expect((await response.json<BundleResponse>()).files).toEqual(await batch.files());
    expect(await batch.status()).toMatchObject({ state: "completed", percentComplete: 100 });
  });

  test("allocates no more than a bundle may have, whatever sizes are declared", async () => {
    const batch = await TestBatch.create(Array.from({ length: 100 }, () => LIMITS.bundleBytes));
    const parts = Array.from({ length: 100 }, (_, name) => ({ name, bytes: "x" }));
    const grow = vi.spyOn(ArrayBuffer.prototype, "transfer");
    const { files } = await batch.bundle(parts);
    expect(files).toHaveLength(100);
    expect(files[99]).toMatchObject({ id: 99, error: { code: "size_mismatch" } });
    const grown = grow.mock.calls.map(([bytes = 0]) => bytes);
    expect(grown.filter((bytes) => bytes > 0)).toHaveLength(100);
    expect(grown.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(LIMITS.bundleBytes);
  });

  test("is stored by batch, file id and name, with its metadata", async () => {
    const batch = await TestBatch.create([
      { name: "folder/ünï <1>.png", size: PNG.length, type: "text/plain" },
    ]);
    await batch.bundle([{ name: 0, bytes: PNG }]);
    const object = await env.BUCKET.get(`${batch.id}/0/ünï _1_.png`);
    const sha256 = await sha256Hex(PNG);
    expect(await object?.bytes()).toEqual(PNG);
    expect(object).toMatchObject({
      httpMetadata: { contentType: "image/png" },
      customMetadata: { name: "folder/ünï <1>.png", sha256 },
    });
    expect(await batch.file(0)).toMatchObject({ etag: object?.etag, sha256, width: 3, height: 2 });
  });

  test("of stored files changes nothing and returns them", async () => {
    const batch = await TestBatch.create([2, 2]);
    const parts = [
      { name: 0, bytes: OK },
      { name: 1, bytes: OK },
    ];
    const first = await batch.bundle(parts);
    const before = await batch.status();
    const put = vi.spyOn(env.BUCKET, "put");
    expect(await batch.bundle(parts)).toEqual(first);
    expect(await batch.bundle([{ name: 1, bytes: "another" }])).toEqual({
      rev: first.rev,
      files: [done(1)],
    });
    expect(put).not.toHaveBeenCalled();
    expect(await batch.status()).toEqual(before);
  });

  test("without parts is valid", async () => {
    const batch = await TestBatch.create([2]);
    expect(await batch.bundle([])).toMatchObject({ files: [] });
    expect(await batch.status()).toMatchObject({ rev: 1 });
  });
});

describe("the parts of a bundle", () => {
  const field = (name: number) => `Content-Disposition: form-data; name="${name}"`;

  test("are stored if they have no body, folded headers, an encoding or parts of their own", async () => {
    const batch = await TestBatch.create([0, 2, 2, 2, 2]);
    const response = await batch.call("/bundle", {
      method: "POST",
      headers: { "Content-Type": "multipart/form-data; boundary=B" },
      body: [
        "--B",
        field(0),
        "--B",
        "Content-Disposition: form-data;",
        '\tname="1"',
        "",
        "ok",
        "--B",
        field(2),
        "Content-Transfer-Encoding: base64",
        "",
        "b2s=",
        "--B",
        field(3),
        "Content-Type: multipart/mixed; boundary=in",
        "",
        "--in",
        "",
        "ok",
        "--in",
        field(4),
        "",
        "ok",
        "--in--",
        "--B--",
        "",
      ].join("\r\n"),
    });
    expect(await response.json()).toMatchObject({
      files: [done(0, 0), done(1), done(2), done(3), done(4)],
    });
  });

  test.each([
    ["base64", "malformed_request"],
    ["gzip", "unsupported_encoding"],
  ])("fail alone if they are no valid %s", async (encoding, code) => {
    const batch = await TestBatch.create([2, 2]);
    const headers = { "Content-Transfer-Encoding": encoding };
    const { files } = await batch.bundle([
      { name: 0, bytes: "*!", headers },
      { name: 1, bytes: OK },
    ]);
    expect(files).toMatchObject([{ id: 0, error: { code, detail: expect.any(String) } }, done(1)]);
    expect(await batch.file(0)).toMatchObject({ state: "failed", error: { code } });
    expect(await batch.status()).toMatchObject(expectedTotals(await batch.files()));
  });

  test("that name no file do not hide the batch's rev", async () => {
    const batch = await TestBatch.create([2]);
    const { rev } = await batch.status();
    for (const name of ["photo", 7]) {
      expect(await batch.bundle([{ name, bytes: OK }])).toMatchObject({
        rev,
        files: [{ id: name }],
      });
    }
  });
});

describe("a digest", () => {
  test("that matches is accepted: of the part, declared, or both", async () => {
    const sha256 = await sha256Hex(JPEG);
    const size = JPEG.length;
    const batch = await TestBatch.create([
      size,
      { name: "b", size, sha256 },
      { name: "c", size, sha256 },
    ]);
    const headers = { "Content-Digest": await digestOf(JPEG) };
    const { files } = await batch.bundle([
      { name: 0, bytes: JPEG, headers },
      { name: 1, bytes: JPEG },
      { name: 2, bytes: JPEG, headers },
    ]);
    expect(files).toMatchObject([0, 1, 2].map((id) => ({ id, state: "completed" })));
  });

  test("that does not match fails only its file, until the right bytes arrive", async () => {
    const sha256 = await sha256Hex(OK);
    const batch = await TestBatch.create([2, { name: "b", size: 2, sha256 }, 2]);
    const { files } = await batch.bundle([
      { name: 0, bytes: "no", headers: { "Content-Digest": await digestOf(OK) } },
      { name: 1, bytes: "no" },
      { name: 2, bytes: OK },
    ]);
    const error = { code: "checksum_mismatch", retryable: true };
    expect(files).toMatchObject([{ id: 0, error }, { id: 1, error }, done(2)]);
    expect(await batch.file(0)).toMatchObject({ state: "failed", error });
    expect(await batch.status()).toMatchObject(expectedTotals(await batch.files()));
    await batch.bundle([
      { name: 0, bytes: OK },
      { name: 1, bytes: OK },
    ]);
    expect(await batch.status()).toMatchObject({ state: "completed", totals: { completed: 3 } });
    expect(await batch.file(0)).not.toHaveProperty("error");
  });
});

describe("a part", () => {
  test.each([
    ["an unknown id", { name: 7, bytes: OK }, "file_not_found"],
    ["no id", { name: "photo", bytes: OK }, "file_not_found"],
    ["a negative id", { name: "-1", bytes: OK }, "file_not_found"],
    ["a fractional id", { name: "1.0", bytes: OK }, "file_not_found"],
    ["an id of 50 digits", { name: "9".repeat(50), bytes: OK }, "file_not_found"],
    ["a repeated id", { name: 0, bytes: OK }, "malformed_request"],
    ["too few bytes", { name: 1, bytes: "o" }, "size_mismatch"],
    ["too many bytes", { name: 1, bytes: "okay" }, "size_mismatch"],
    ["a permanently failed file", { name: 3, bytes: OK }, "too_large"],
    [
      "an invalid digest",
      { name: 1, bytes: OK, headers: { "Content-Digest": "sha-256=hello" } },
      "malformed_request",
    ],
  ])("with %s fails alone", async (_, part, code) => {
    const large = { name: "large", size: LIMITS.fileBytes + 1 };
    const batch = await TestBatch.create([2, 2, 2, large]);
    const response = await batch.sendBundle([{ name: 0, bytes: OK }, part, { name: 2, bytes: OK }]);
    expect(response.status).toBe(200);
    const id = /^\d{1,9}$/u.test(String(part.name)) ? Number(part.name) : part.name;
    expect(response.headers.get("Tallyman-Failed")).toBe("1");
    expect(await response.json()).toMatchObject({
      files: [done(0), { id, error: { code, detail: expect.any(String) } }, done(2)],
    });
    expect(await batch.status()).toMatchObject(expectedTotals(await batch.files()));
  });
});

describe("an invalid form", () => {
  const parts = [
    { name: 0, bytes: OK },
    { name: 1, bytes: OK },
  ];

  test("without a closing boundary keeps the complete files", async () => {
    const batch = await TestBatch.create([2, 2, 2]);
    const response = await batch.call("/bundle", formRequest(unclosedBody(parts)));
    expect(await readProblem(response)).toMatchObject({ code: "malformed_multipart" });
    expect(await batch.files()).toMatchObject([
      { state: "completed" },
      { state: "queued", receivedBytes: 0 },
      { state: "queued" },
    ]);
    expect(await batch.status()).toMatchObject(expectedTotals(await batch.files()));
  });

  test("with invalid headers of a part keeps the files before it", async () => {
    const batch = await TestBatch.create([2, 2]);
    const body = concat([
      unclosedBody(parts.slice(0, 1)),
      utf8("------tallyman-test-0123456789\r\n???\r\n\r\n"),
    ]);
    const response = await batch.call("/bundle", formRequest(body));
    expect(await readProblem(response)).toMatchObject({ code: "malformed_multipart" });
    expect(await batch.files()).toMatchObject([{ state: "completed" }, { state: "queued" }]);
  });

  test("without a multipart type is refused", async () => {
    const batch = await TestBatch.create([2]);
    const response = await batch.call("/bundle", { method: "POST", body: formBody(parts) });
    expect(await readProblem(response)).toMatchObject({ code: "malformed_multipart" });
  });

  test("with too many parts keeps the first hundred", async () => {
    const batch = await TestBatch.create(Array.from({ length: 101 }, () => 2));
    const response = await batch.sendBundle(
      Array.from({ length: 101 }, (_, name) => ({ name, bytes: OK })),
    );
    expect(await readProblem(response)).toMatchObject({ status: 413, code: "bundle_too_large" });
    expect((await batch.status()).totals).toMatchObject({ completed: 100, queued: 1 });
    expect(await batch.status()).toMatchObject(expectedTotals(await batch.files()));
  });

  test("with too many bytes keeps the files within the limit", async () => {
    const batch = await TestBatch.create([2, LIMITS.bundleBytes, 2]);
    const response = await batch.sendBundle([
      { name: 0, bytes: OK },
      { name: 1, bytes: noise(LIMITS.bundleBytes) },
      { name: 2, bytes: OK },
    ]);
    expect(await readProblem(response)).toMatchObject({ status: 413, code: "bundle_too_large" });
    expect(await batch.files()).toMatchObject([
      { state: "completed" },
      { state: "queued", receivedBytes: 0, attempts: 1 },
      { state: "queued", attempts: 0 },
    ]);
    expect(await batch.status()).toMatchObject(expectedTotals(await batch.files()));
  });

  test("with too large a Content-Length is refused before it is read", async () => {
    const batch = await TestBatch.create([2]);
    const put = vi.spyOn(env.BUCKET, "put");
    const response = await batch.call("/bundle", formRequest(new Uint8Array(11_000_000)));
    expect(await readProblem(response)).toMatchObject({ status: 413, code: "bundle_too_large" });
    expect(put).not.toHaveBeenCalled();
  });
});

describe("when R2 fails", () => {
  const parts = [0, 1, 2].map((name) => ({ name, bytes: OK }));

  test.each([
    [
      "storage_failed",
      "queued",
      "put: We encountered an internal error. Please try again. (10001)",
    ],
    ["storage_failed", "queued", "Network connection lost."],
    [
      "checksum_mismatch",
      "failed",
      "put: The SHA-256 checksum you specified did not match (10037)",
    ],
  ])(
    "one file is refused with %s and %s, the others complete, and it completes when it is sent again",
    async (code, state, why) => {
      skipWaits();
      const batch = await TestBatch.create([2, 2, 2]);
      const error = { code, retryable: true };
      const put = env.BUCKET.put.bind(env.BUCKET);
      vi.spyOn(env.BUCKET, "put").mockImplementation((key, ...rest) =>
        key.includes("/1/") ? Promise.reject(new Error(why)) : put(key, ...rest),
      );
      const { files } = await batch.bundle(parts);
      expect(files).toMatchObject([done(0), { id: 1, error }, done(2)]);
      expect(await batch.file(1)).toMatchObject({ state, attempts: 1 });
      expect(await batch.status()).toMatchObject(expectedTotals(await batch.files()));

      vi.restoreAllMocks();
      const repeated = await batch.bundle(parts);
      expect(repeated.files).toMatchObject([done(0), done(1), done(2)]);
      expect(await batch.file(1)).toMatchObject({ state: "completed", attempts: 2 });
      expect(await batch.status()).toMatchObject({ state: "completed", percentComplete: 100 });
    },
  );
});
