import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { FileResource } from "../../protocol/index.ts";
import { sha256Hex } from "../upload/digest.ts";
import { readProblem, TestBatch } from "../testing/batch.ts";
import { utf8 } from "../testing/multipart.ts";
import { streamOf } from "../testing/stream-of.ts";
import { noise, PNG } from "../testing/samples.ts";
import { expectedTotals } from "../testing/tally.ts";
import { skipWaits } from "../../storage/testing/skip-waits.ts";
import { plainBucket } from "../../storage/testing/strict-bucket.ts";

const hexToField = (hex: string) => `sha-256=:${Uint8Array.fromHex(hex).toBase64()}:`;

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("PUT of a file", () => {
  test("returns the completed file", async () => {
    const batch = await TestBatch.create([PNG.length]);
    const response = await batch.put(0, PNG);
    expect(response.status).toBe(200);
    const file = await response.json<FileResource>();
    expect(file).toEqual((await batch.files())[0]);
    expect(file).toMatchObject({
      state: "completed",
      progress: 100,
      type: "image/png",
      width: 3,
      height: 2,
      sha256: await sha256Hex(PNG),
      attempts: 1,
    });
    const object = await env.BUCKET.get(`${batch.id}/0/${PNG.length}-bytes`);
    expect(await object?.bytes()).toEqual(PNG);
    expect(object).toMatchObject({ etag: file.etag, httpMetadata: { contentType: "image/png" } });
  });

  test("hashes a large file while it passes through", async () => {
    const bytes = noise(9_000_001);
    const batch = await TestBatch.create([bytes.length]);
    const response = await batch.put(0, bytes);
    expect(await response.json()).toMatchObject({
      state: "completed",
      receivedBytes: bytes.length,
      sha256: await sha256Hex(bytes),
    });
    expect(await batch.status()).toMatchObject(expectedTotals(await batch.files()));
  });

  test.each([0, 10, 200_000])("takes two Batch calls for a file of %d bytes", async (size) => {
    // On a slow machine, a timer would send the file's start in a call of its own.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const batch = await TestBatch.create([size]);
    const response = await batch.put(0, noise(size));
    expect(response.headers.get("Server-Timing")).toBe('batch;desc="2"');
    expect(await response.json()).toMatchObject({ state: "completed", size });
  });

  test("accepts an empty file", async () => {
    const batch = await TestBatch.create([0]);
    expect(await (await batch.put(0, "")).json()).toMatchObject({
      state: "completed",
      sha256: await sha256Hex(new Uint8Array()),
    });
  });

  test.each(["put", "bundle"] as const)(
    "keeps the first content if a late %s sends another",
    async (how) => {
      const batch = await TestBatch.create([4]);
      const storeAnother = async () => {
        put.mockRestore();
        await batch.put(0, "fast");
      };
      const original = env.BUCKET.put.bind(env.BUCKET);
      const put = vi.spyOn(env.BUCKET, "put");
      // The late request has read its body, and waits for R2 while the other one stores the file.
      put.mockImplementationOnce(async (...late: Parameters<typeof original>) => {
        await storeAnother();
        return original(...late);
      });
      const late =
        how === "put" ? batch.put(0, "late") : batch.sendBundle([{ name: "0", bytes: "late" }]);
      expect((await late).status).toBe(200);
      const [file] = await batch.files();
      const content = await batch.call("/files/0/content");
      expect([await content.text(), content.headers.get("ETag")]).toEqual([
        "fast",
        `"${file?.etag}"`,
      ]);
      expect(file).toMatchObject({ state: "completed", sha256: await sha256Hex(utf8("fast")) });
    },
  );

  test.each(["put", "bundle"] as const)(
    "keeps the stored content if a %s arrives before its event",
    async (how) => {
      const batch = await TestBatch.create([PNG.length]);
      const send = () =>
        how === "put"
          ? batch.put(0, "x".repeat(PNG.length))
          : batch.sendBundle([{ name: "0", bytes: "x".repeat(PNG.length) }]);
      const original = env.BUCKET.put.bind(env.BUCKET);
      const put = vi.spyOn(env.BUCKET, "put");
      const others: number[] = [];
      put.mockImplementationOnce(async (...first: Parameters<typeof original>) => {
        const object = await original(...first);
        others.push((await send()).status);
        return object;
      });
      expect((await batch.put(0, PNG)).status).toBe(200);
      expect(others).toEqual([200]);
      const object = await env.BUCKET.get(`${batch.id}/0/${PNG.length}-bytes`);
      expect(await object?.bytes()).toEqual(PNG);
      expect(await batch.file(0)).toMatchObject({
        state: "completed",
        etag: object?.etag,
        sha256: await sha256Hex(PNG),
        type: "image/png",
        width: 3,
      });
    },
  );

  test("completes a file that an interrupted request has stored", async () => {
    const batch = await TestBatch.create([4]);
    const key = `${batch.id}/0/4-bytes`;
    const sha256 = await sha256Hex(utf8("same"));
    const before = await env.BUCKET.put(key, "same", { customMetadata: { sha256 } });
    expect(await (await batch.put(0, "same")).json()).toMatchObject({
      state: "completed",
      etag: before.etag,
    });
  });

  test("fails once, then succeeds, if a foreign object has the file's key", async () => {
    const batch = await TestBatch.create([4]);
    await plainBucket(env.BUCKET).put(`${batch.id}/0/4-bytes`, "left over");
    expect(await readProblem(await batch.put(0, "good"))).toMatchObject({ code: "storage_failed" });
    expect(await (await batch.put(0, "good")).json()).toMatchObject({ state: "completed" });
    expect(await (await batch.call("/files/0/content")).text()).toBe("good");
  });

  test("returns a stored file unchanged and stores nothing", async () => {
    const batch = await TestBatch.create([2]);
    const first = await (await batch.put(0, "ok")).json();
    const put = vi.spyOn(env.BUCKET, "put");
    const again = await batch.put(0, "another");
    expect([again.status, await again.json()]).toEqual([200, first]);
    expect(put).not.toHaveBeenCalled();
  });

  test("refuses a file that has failed permanently", async () => {
    const batch = await TestBatch.create([Number.MAX_SAFE_INTEGER]);
    expect(await readProblem(await batch.put(0, "x"))).toMatchObject({ code: "too_large" });
  });
});

test("a body that ends early, as from another Worker, requeues the file instead of failing it", async () => {
  const batch = await TestBatch.create([1_000_000]);
  const { readable, writable } = new IdentityTransformStream();
  const breakOff = async (writer: WritableStreamDefaultWriter<Uint8Array>) => {
    await writer.write(noise(600_000));
    await writer.abort(new Error("cut"));
  };
  void breakOff(writable.getWriter()).catch(() => undefined);
  const response = await batch.put(0, readable, { "Content-Length": "1000000" });
  expect(await readProblem(response)).toMatchObject({ code: "malformed_request" });
  expect(await batch.file(0)).toMatchObject({ state: "queued", receivedBytes: 0, attempts: 1 });
});

describe("the digest of a PUT", () => {
  test("may match the body", async () => {
    const sha256 = await sha256Hex(utf8("ok"));
    const batch = await TestBatch.create([{ name: "a", size: 2, sha256 }]);
    const response = await batch.put(0, "ok", { "Content-Digest": hexToField(sha256) });
    expect(await response.json()).toMatchObject({ state: "completed", sha256 });
  });

  test.each([
    ["sent", true],
    ["declared", false],
  ])("(%s) fails the file on a mismatch, until the right bytes arrive", async (_, sent) => {
    const sha256 = await sha256Hex(utf8("ok"));
    const batch = await TestBatch.create([{ name: "a", size: 2, ...(!sent && { sha256 }) }]);
    const headers = sent ? { "Content-Digest": hexToField(sha256) } : {};
    const problem = await readProblem(await batch.put(0, "no", headers));
    expect(problem).toMatchObject({ status: 422, code: "checksum_mismatch" });
    expect(await batch.file(0)).toMatchObject({
      state: "failed",
      error: { code: "checksum_mismatch", retryable: true },
    });
    expect(await env.BUCKET.head(`${batch.id}/0/a`)).toBeNull();
    expect(await (await batch.put(0, "ok", headers)).json()).toMatchObject({ state: "completed" });
    expect(await batch.status()).toMatchObject({ state: "completed", percentComplete: 100 });
  });

  test.each(["sent", "declared"])(
    "must match the body even if the other one does: only the %s one is wrong",
    async (wrong) => {
      const [right, other] = [await sha256Hex(utf8("ok")), await sha256Hex(utf8("no"))];
      const sha256 = wrong === "declared" ? other : right;
      const batch = await TestBatch.create([{ name: "a", size: 2, sha256 }]);
      const headers = { "Content-Digest": hexToField(wrong === "sent" ? other : right) };
      const problem = await readProblem(await batch.put(0, "ok", headers));
      expect(problem).toMatchObject({ status: 422, code: "checksum_mismatch" });
      expect(await batch.file(0)).toMatchObject({ state: "failed" });
      expect(await env.BUCKET.head(`${batch.id}/0/a`)).toBeNull();
    },
  );

  test("must match the body even if the file's key is taken", async () => {
    const sha256 = await sha256Hex(utf8("ok"));
    const batch = await TestBatch.create([{ name: "a", size: 2, sha256 }]);
    await plainBucket(env.BUCKET).put(`${batch.id}/0/a`, "ok", { customMetadata: { sha256 } });
    expect(await readProblem(await batch.put(0, "no"))).toMatchObject({
      code: "checksum_mismatch",
    });
    expect(await (await batch.put(0, "ok")).json()).toMatchObject({ state: "completed", sha256 });
  });

  test.each(["put", "bundle"] as const)(
    "is checked in an object that another request left under the file's key (%s)",
    async (how) => {
      const sha256 = await sha256Hex(utf8("ok"));
      const batch = await TestBatch.create([{ name: "a", size: 2, sha256 }]);
      await plainBucket(env.BUCKET).put(`${batch.id}/0/a`, "no");
      const send = async () =>
        how === "put" ? batch.put(0, "ok") : batch.sendBundle([{ name: 0, bytes: "ok" }]);
      await send();
      expect(await batch.file(0)).toMatchObject({ state: "queued" });
      expect(await env.BUCKET.head(`${batch.id}/0/a`)).toBeNull();
      await send();
      expect(await batch.file(0)).toMatchObject({ state: "completed", sha256 });
    },
  );

  test("may be of an algorithm that the server does not know", async () => {
    const batch = await TestBatch.create([2]);
    const response = await batch.put(0, "ok", { "Content-Digest": "md5=:REhQ:, later=:eA==:" });
    expect(await response.json()).toMatchObject({ state: "completed" });
  });

  test.each(["Content-Digest", "Repr-Digest", "Digest"])("may be a %s", async (name) => {
    const batch = await TestBatch.create([2]);
    const field = hexToField(await sha256Hex(utf8("ok")));
    const headers = { [name]: name === "Digest" ? field.replaceAll(":", "") : field };
    const problem = await readProblem(await batch.put(0, "no", headers));
    expect(problem).toMatchObject({ status: 422, code: "checksum_mismatch" });
    expect(await (await batch.put(0, "ok", headers)).json()).toMatchObject({ state: "completed" });
  });

  test("must be valid", async () => {
    const batch = await TestBatch.create([2]);
    const response = await batch.put(0, "ok", { "Content-Digest": "sha-256=:x:" });
    expect(await readProblem(response)).toMatchObject({ code: "malformed_request" });
    expect(await batch.file(0)).toMatchObject({ state: "queued" });
  });
});

describe("the length of a PUT", () => {
  test.each(["o", "okay", ""])("must equal the declared size: %j", async (body) => {
    const batch = await TestBatch.create([2]);
    const problem = await readProblem(await batch.put(0, body));
    expect(problem).toMatchObject({ status: 422, code: "size_mismatch" });
    expect(await batch.file(0)).toMatchObject({
      state: "failed",
      error: { code: "size_mismatch", retryable: true },
    });
    expect(await batch.status()).toMatchObject(expectedTotals(await batch.files()));
    expect(await (await batch.put(0, "ok")).json()).toMatchObject({ state: "completed" });
  });
});

describe("a PUT without a length", () => {
  test.each([0, 1, 2, 70_000, 3_000_000])("stores a file of %d bytes", async (size) => {
    const batch = await TestBatch.create([size]);
    const bytes = noise(size);
    const file = await (await batch.put(0, streamOf(bytes))).json();
    expect(file).toMatchObject({ state: "completed", sha256: await sha256Hex(bytes) });
    const object = await env.BUCKET.get(`${batch.id}/0/${size}-bytes`);
    expect(await object?.bytes()).toEqual(bytes);
    expect(await batch.status()).toMatchObject({ state: "completed", percentComplete: 100 });
  });

  test.each([
    [0, 1],
    [2, 0],
    [2, 1],
    [2, 3],
    [70_000, 69_999],
    [70_000, 70_001],
    [70_000, 3_000_000],
    [3_000_000, 2_999_999],
    [3_000_000, 3_000_001],
  ])("stores nothing of a file of %d bytes if %d arrive", async (size, sent) => {
    const batch = await TestBatch.create([size]);
    const put = vi.spyOn(env.BUCKET, "put");
    const problem = await readProblem(await batch.put(0, streamOf(noise(sent))));
    expect(problem).toMatchObject({ status: 422, code: "size_mismatch" });
    expect(problem.detail).toContain(sent > size ? `more than ${size} bytes` : `has ${sent} bytes`);
    // R2 refuses a body whose stream breaks off.
    for (const { value } of put.mock.settledResults) expect(value).toBeInstanceOf(Error);
    expect(await env.BUCKET.head(`${batch.id}/0/${size}-bytes`)).toBeNull();
    expect(await batch.file(0)).toMatchObject({
      state: "failed",
      error: { code: "size_mismatch", retryable: true },
    });
    expect(await batch.status()).toMatchObject(expectedTotals(await batch.files()));
    const healed = await (await batch.put(0, streamOf(noise(size)))).json();
    expect(healed).toMatchObject({ state: "completed" });
  });

  test("waits for the end of the body before R2 gets the last byte", async () => {
    const batch = await TestBatch.create([2]);
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    const response = batch.put(0, readable);
    await writer.write(utf8("ok"));
    await vi.waitFor(async () => expect(await batch.file(0)).toMatchObject({ receivedBytes: 1 }));
    expect(await env.BUCKET.head(`${batch.id}/0/2-bytes`)).toBeNull();
    await writer.close();
    expect(await (await response).json()).toMatchObject({ state: "completed" });
  });

  test("has a digest that must match", async () => {
    const batch = await TestBatch.create([2]);
    const headers = { "Content-Digest": hexToField(await sha256Hex(utf8("ok"))) };
    const problem = await readProblem(await batch.put(0, streamOf(utf8("no")), headers));
    expect(problem).toMatchObject({ code: "checksum_mismatch" });
    const file = await (await batch.put(0, streamOf(utf8("ok")), headers)).json();
    expect(file).toMatchObject({ state: "completed" });
  });

  test("has the length of its bytes if Content-Length says otherwise", async () => {
    const batch = await TestBatch.create([2]);
    const headers = { "Content-Length": "0", "Transfer-Encoding": "chunked" };
    const file = await (await batch.put(0, streamOf(utf8("ok")), headers)).json();
    expect(file).toMatchObject({ state: "completed" });
  });
});

describe("the file id of a PUT", () => {
  test.each(["1", "-1", "x", "0x0", "99999999999"])(
    "must be that of a declared file: %s",
    async (id) => {
      const batch = await TestBatch.create([2]);
      for (const path of [`/files/${id}`, `/files/${id}/content`]) {
        expect(await readProblem(await batch.call(path))).toMatchObject({ code: "file_not_found" });
      }
      const response = await batch.call(`/files/${id}`, { method: "PUT", body: "ok" });
      expect(await readProblem(response)).toMatchObject({ status: 404, code: "file_not_found" });
    },
  );
});

describe("when R2 fails", () => {
  test.each([
    [
      "storage_failed",
      "queued",
      "put: We encountered an internal error. Please try again. (10001)",
    ],
    [
      "checksum_mismatch",
      "failed",
      "put: The SHA-256 checksum you specified did not match (10037)",
    ],
  ])(
    "the request fails with %s, the file is %s, and completes when it is sent again",
    async (...row) => {
      const [code, state, why] = row;
      skipWaits();
      const bytes = noise(1_000_000);
      const batch = await TestBatch.create([bytes.length, 2]);
      vi.spyOn(env.BUCKET, "put").mockImplementationOnce(async (_, body) => {
        if (body instanceof ReadableStream) await body.cancel();
        throw new Error(why);
      });
      expect(await readProblem(await batch.put(0, bytes))).toMatchObject({ code });
      expect(await batch.file(0)).toMatchObject({ state });
      expect(await batch.status()).toMatchObject({
        state: "active",
        ...expectedTotals(await batch.files()),
      });
      const healed = await (await batch.put(0, bytes)).json();
      expect(healed).toMatchObject({ state: "completed", attempts: 2 });
      expect(await batch.status()).toMatchObject(expectedTotals(await batch.files()));
    },
  );
});
