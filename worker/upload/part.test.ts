import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LIMITS, type SingleFileResource } from "../../protocol/index.ts";
import { readProblem, TestBatch } from "../testing/batch.ts";
import { noise } from "../testing/samples.ts";

const SIZE = LIMITS.partBytes + 4;
const FIRST = noise(LIMITS.partBytes);
const LAST = "last";

/** The multipart uploads that R2 was asked for. */
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
  const answer = await batch.call("/files/0");
  return (await answer.json<SingleFileResource>()).parts?.received;
}

/** From now on the Batch is out of reach for this call. */
function breakCalls(broken: string): void {
  const getByName = env.BATCH.getByName.bind(env.BATCH);
  vi.spyOn(env.BATCH, "getByName").mockImplementation((name) => {
    return new Proxy(getByName(name), {
      get(stub, method) {
        if (method === broken) return () => Promise.reject(new Error("Network connection lost."));
        const value: unknown = Reflect.get(stub, method);
        return value;
      },
    });
  });
}

describe("a file that failed and may be tried again", () => {
  test("is taken up by the first part that comes, though it has had none before", async () => {
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

describe("a multipart upload", () => {
  test("that the Batch could not be told of is given up", async () => {
    const batch = await TestBatch.create([SIZE]);
    breakCalls("registerMultipart");
    expect((await send(batch, 2, LAST)).status).toBe(500);
    const uploads = opened.map((upload) => upload.uploadPart(1, "x"));
    await expect(Promise.all(uploads)).rejects.toThrow("(10024)");
    vi.restoreAllMocks();
    await send(batch, 1, FIRST);
    expect(await (await send(batch, 2, LAST)).json()).toMatchObject({ state: "completed" });
  });

  test("that R2 has dropped meanwhile is begun anew", async () => {
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

  test("that has become the file is not taken for lost by a part that comes late", async () => {
    const batch = await TestBatch.create([SIZE]);
    await send(batch, 2, LAST);
    const resume = env.BUCKET.resumeMultipartUpload.bind(env.BUCKET);
    // The late one stands before R2 while the other is stored, and the file put together.
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

describe("a file whose parts are all there", () => {
  /** What R2 is asked for once it is to put the parts together, before it has. */
  function beforeComplete(ask: () => Promise<void>): void {
    const resume = env.BUCKET.resumeMultipartUpload.bind(env.BUCKET);
    vi.spyOn(env.BUCKET, "resumeMultipartUpload").mockImplementation((key, id) => {
      const upload = resume(key, id);
      const complete = upload.complete.bind(upload);
      upload.complete = async (parts) => {
        await ask();
        return complete(parts);
      };
      return upload;
    });
  }

  test("is not told to be what somebody else sends whole: its parts are about to take that place", async () => {
    const batch = await TestBatch.create([SIZE]);
    await send(batch, 1, FIRST);
    let told: SingleFileResource | undefined;
    beforeComplete(async () => {
      told = await (await batch.put(0, noise(SIZE, 7))).json<SingleFileResource>();
    });
    await send(batch, 2, LAST);
    expect(told?.state).not.toBe("completed");
    const object = await env.BUCKET.head(`${batch.id}/0/${SIZE}-bytes`);
    expect(await batch.file(0)).toMatchObject({ state: "completed", etag: object?.etag });
    const content = await (await batch.call("/files/0/content")).bytes();
    expect(content.subarray(LIMITS.partBytes)).toEqual(new TextEncoder().encode(LAST));
  });

  test("is what was sent whole where that was told before", async () => {
    const batch = await TestBatch.create([SIZE]);
    await send(batch, 1, FIRST);
    const whole = noise(SIZE, 7);
    const told = await (await batch.put(0, whole)).json<SingleFileResource>();
    expect(told.state).toBe("completed");
    expect(await (await send(batch, 2, LAST)).json()).toMatchObject({ etag: told.etag });
    expect(await (await batch.call("/files/0/content")).bytes()).toEqual(whole);
  });
});
