import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LIMITS, type SingleFileResource } from "../../protocol/index.ts";
import { readProblem, TestBatch } from "../testing/batch.ts";
import { breakCalls, loseResponses } from "../testing/broken-calls.ts";
import { concat, utf8 } from "../testing/multipart.ts";
import { noise } from "../testing/samples.ts";
import { streamOf } from "../testing/stream-of.ts";
import { expectedTotals } from "../testing/tally.ts";
import { skipTime } from "../../storage/testing/clock.ts";
import { WRITE_INTERVAL_MS } from "../../storage/testing/platform.ts";

const SIZE = LIMITS.partBytes + 4;
const FIRST = noise(LIMITS.partBytes);
const LAST = "last";

/** The multipart uploads created so far. */
let opened: R2MultipartUpload[];

beforeEach(() => {
  opened = [];
  const create = env.BUCKET.createMultipartUpload.bind(env.BUCKET);
  vi.spyOn(env.BUCKET, "createMultipartUpload").mockImplementation(async (...args) => {
    const upload = await create(...args);
    opened.push(upload);
    return upload;
  });
});

afterEach(() => void vi.restoreAllMocks());

function send(batch: TestBatch, part: number, body: BodyInit): Promise<Response> {
  return batch.call(`/files/0/parts/${part}`, { method: "PUT", body });
}

async function received(batch: TestBatch): Promise<readonly number[] | undefined> {
  const response = await batch.call("/files/0");
  return (await response.json<SingleFileResource>()).parts?.received;
}

describe("a file that failed retryably", () => {
  test("is retried by its first part", async () => {
    const batch = await TestBatch.create([SIZE]);
    await env.BATCH.getByName(batch.id).applyEvents([
      {
        file: 0,
        event: "failed",
        error: { code: "storage_failed", detail: "Try again.", retryable: true },
      },
    ]);
    expect((await send(batch, 2, LAST)).status).toBe(200);
    expect(await batch.file(0)).toMatchObject({ state: "uploading", receivedBytes: 4 });
  });
});

describe("a part without a length", () => {
  test("has the bytes that its file's size leaves for it", async () => {
    const batch = await TestBatch.create([SIZE]);
    await send(batch, 2, streamOf(utf8(LAST)));
    const file = await (await send(batch, 1, streamOf(FIRST))).json();
    expect(file).toMatchObject({ state: "completed", receivedBytes: SIZE });
    const object = await env.BUCKET.get(`${batch.id}/0/${SIZE}-bytes`);
    expect(await object?.bytes()).toEqual(concat([FIRST, utf8(LAST)]));
  });

  test.each([
    [1, 0],
    [1, LIMITS.partBytes - 1],
    [1, LIMITS.partBytes + 1],
    [2, 0],
    [2, 3],
    [2, 5],
    [2, LIMITS.partBytes],
  ])("is not stored: part %d of %d bytes", async (part, bytes) => {
    const batch = await TestBatch.create([SIZE]);
    const problem = await readProblem(await send(batch, part, streamOf(noise(bytes))));
    expect(problem).toMatchObject({ status: 422, code: "size_mismatch" });
    expect(await received(batch)).toEqual([]);
    expect(await batch.file(0)).toMatchObject({ state: "queued", receivedBytes: 0 });
    expect(await batch.status()).toMatchObject(expectedTotals(await batch.files()));
    await send(batch, 1, streamOf(FIRST));
    const file = await (await send(batch, 2, streamOf(utf8(LAST)))).json();
    expect(file).toMatchObject({ state: "completed" });
  });
});

describe("a multipart upload", () => {
  test("that cannot be registered is aborted", async () => {
    const batch = await TestBatch.create([SIZE]);
    breakCalls("registerMultipart");
    expect((await send(batch, 2, LAST)).status).toBe(503);
    const uploads = opened.map((upload) => upload.uploadPart(1, "x"));
    await expect(Promise.all(uploads)).rejects.toThrow("(10024)");
    vi.restoreAllMocks();
    await send(batch, 1, FIRST);
    expect(await (await send(batch, 2, LAST)).json()).toMatchObject({ state: "completed" });
  });

  test("that was registered without a response is used", async () => {
    const batch = await TestBatch.create([SIZE]);
    loseResponses("registerMultipart");
    expect((await send(batch, 2, LAST)).status).toBe(200);
    expect(await (await send(batch, 1, FIRST)).json()).toMatchObject({ state: "completed" });
    expect(opened).toHaveLength(1);
  });

  test("that R2 has dropped is replaced", async () => {
    const batch = await TestBatch.create([SIZE]);
    await send(batch, 2, LAST);
    await opened[0]?.abort();
    expect(await readProblem(await send(batch, 1, FIRST))).toMatchObject({
      code: "storage_failed",
    });
    expect(await batch.file(0)).toMatchObject({ state: "queued", receivedBytes: 0 });
    expect(await received(batch)).toEqual([]);
    await send(batch, 1, FIRST);
    expect(await (await send(batch, 2, LAST)).json()).toMatchObject({ state: "completed" });
  });

  test("that has been completed is not reported as lost by a late part", async () => {
    const batch = await TestBatch.create([SIZE]);
    await send(batch, 2, LAST);
    const resume = env.BUCKET.resumeMultipartUpload.bind(env.BUCKET);
    // The late request waits for R2 while the other one stores the part and completes the file.
    vi.spyOn(env.BUCKET, "resumeMultipartUpload").mockImplementationOnce((key, id) => {
      const upload = resume(key, id);
      const uploadPart = upload.uploadPart.bind(upload);
      upload.uploadPart = async (...args) => {
        await send(batch, 1, FIRST);
        return uploadPart(...args);
      };
      return upload;
    });
    const late = await send(batch, 1, FIRST);
    expect([late.status, await late.json()]).toMatchObject([200, { state: "completed" }]);
  });
});

describe("a file whose parts are all stored", () => {
  /** Runs `action` before R2 completes a multipart upload. */
  function beforeComplete(action: () => Promise<void>): void {
    const resume = env.BUCKET.resumeMultipartUpload.bind(env.BUCKET);
    vi.spyOn(env.BUCKET, "resumeMultipartUpload").mockImplementation((key, id) => {
      const upload = resume(key, id);
      const complete = upload.complete.bind(upload);
      upload.complete = async (parts) => {
        await action();
        return complete(parts);
      };
      return upload;
    });
  }

  test("is not completed by a whole-file PUT, as its parts will replace that object", async () => {
    const batch = await TestBatch.create([SIZE]);
    await send(batch, 1, FIRST);
    let returned: SingleFileResource | undefined;
    beforeComplete(async () => {
      returned = await (await batch.put(0, noise(SIZE, 7))).json<SingleFileResource>();
      skipTime(WRITE_INTERVAL_MS);
    });
    await send(batch, 2, LAST);
    expect(returned?.state).not.toBe("completed");
    const object = await env.BUCKET.head(`${batch.id}/0/${SIZE}-bytes`);
    expect(await batch.file(0)).toMatchObject({ state: "completed", etag: object?.etag });
    const content = await (await batch.call("/files/0/content")).bytes();
    expect(content.subarray(LIMITS.partBytes)).toEqual(new TextEncoder().encode(LAST));
  });

  test("is not failed by another request with damaged bytes", async () => {
    const batch = await TestBatch.create([SIZE]);
    const watcher = await batch.watch();
    await send(batch, 1, FIRST);
    let code: string | undefined;
    beforeComplete(async () => {
      const headers = { "Content-Digest": `sha-256=:${new Uint8Array(32).toBase64()}:` };
      const damaged = batch.call("/files/0", { method: "PUT", body: noise(SIZE, 7), headers });
      ({ code } = await readProblem(await damaged));
    });
    const response = await send(batch, 2, LAST);
    expect(code).toBe("checksum_mismatch");
    expect(await response.json()).toMatchObject({ state: "completed" });
    await watcher.next("uploadCompleted");
    const states = watcher.rows("uploadProgress").map(([, state]) => state);
    expect(states).not.toContain("failed");
    watcher.close();
  });

  test("remains the file of an earlier whole-file PUT", async () => {
    const batch = await TestBatch.create([SIZE]);
    await send(batch, 1, FIRST);
    const whole = noise(SIZE, 7);
    const returned = await (await batch.put(0, whole)).json<SingleFileResource>();
    expect(returned.state).toBe("completed");
    expect(await (await send(batch, 2, LAST)).json()).toMatchObject({ etag: returned.etag });
    expect(await (await batch.call("/files/0/content")).bytes()).toEqual(whole);
  });
});
