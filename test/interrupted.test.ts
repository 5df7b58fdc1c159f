import { beforeAll, describe, expect, test } from "vitest";
import type { FileResource } from "../protocol/index.ts";
import { formBody, formRequest, FORM_TYPE, unclosedBody } from "../worker/testing/multipart.ts";
import { expectTrueTally, TestBatch } from "./support/batch.ts";
import { cleanUpAfterAll } from "./support/cleanup.ts";
import { RawRequest } from "./support/raw-request.ts";
import { type Server, startServer } from "./support/server.ts";

const SIZE = 300_000;
const bytes = new Uint8Array(SIZE).fill(7);
const completed = { state: "completed", receivedBytes: SIZE, attempts: 1 };
const cutOff = { state: "queued", progress: 0, receivedBytes: 0, attempts: 1 };
const untouched = { state: "queued", progress: 0, receivedBytes: 0, attempts: 0 };

let server: Server;

const cleanUp = cleanUpAfterAll();

beforeAll(async () => {
  server = await startServer();
  cleanUp(() => server.stop());
});

/** Waits for what the server makes of it: nobody is left whom it could answer. */
async function filesOnce(
  batch: TestBatch,
  check: (files: FileResource[]) => boolean,
): Promise<FileResource[]> {
  await expect.poll(async () => check(await batch.files())).toBe(true);
  return expectTrueTally(batch);
}

const isUploading = ({ state }: FileResource) => state === "uploading";
const nobodyUploads = (files: FileResource[]) => !files.some(isUploading);

describe("a bundle whose connection is cut", () => {
  const bundleOf = (batch: TestBatch) =>
    RawRequest.open(batch, "POST", "/bundle", {
      "Content-Type": FORM_TYPE,
      "Content-Length": 1_000_000,
    });
  const parts = [0, 1].map((name) => ({ name, bytes }));

  test("in the middle of a file keeps those before it, and the file waits again", async () => {
    const batch = await TestBatch.create(server.origin, [SIZE, SIZE, SIZE]);
    const request = await bundleOf(batch);
    const body = unclosedBody(parts);
    await request.send(body.subarray(0, body.length - 100_000));
    await filesOnce(batch, (files) => files[0]?.state === "completed" && files.some(isUploading));
    request.cut();
    const files = await filesOnce(batch, nobodyUploads);
    expect(files).toMatchObject([completed, cutOff, untouched]);

    const healed = await batch.call(
      "/bundle",
      formRequest(formBody([...parts, { name: 2, bytes }])),
    );
    expect(await healed.json()).toMatchObject({
      files: [0, 1, 2].map((id) => [id, "completed", 100, SIZE, null]),
    });
    expect((await expectTrueTally(batch)).map(({ attempts }) => attempts)).toEqual([1, 2, 1]);
  });

  test("between two files keeps what was whole", async () => {
    const batch = await TestBatch.create(server.origin, [SIZE, SIZE, SIZE]);
    const request = await bundleOf(batch);
    const next = "------tallyman-test-0123456789\r\nContent-Disposition: form-data; na";
    await request.send(unclosedBody(parts));
    await request.send(next);
    await filesOnce(batch, (files) => files[1]?.state === "completed");
    request.cut();
    expect(await filesOnce(batch, nobodyUploads)).toMatchObject([completed, completed, untouched]);
  });

  test("in its headers changes nothing", async () => {
    const batch = await TestBatch.create(server.origin, [SIZE]);
    const request = await bundleOf(batch);
    await request.send("------tallyman-test-0123456789\r\nContent-Disp");
    request.cut();
    expect(await filesOnce(batch, nobodyUploads)).toMatchObject([untouched]);
    expect(await batch.status()).toMatchObject({ rev: 1 });
  });
});

describe("a whole file whose connection is cut", () => {
  test("waits again, and its neighbours are not concerned", async () => {
    const size = 4_000_000;
    const batch = await TestBatch.create(server.origin, [SIZE, size]);
    await batch.call("/files/0", { method: "PUT", body: bytes });
    const request = await RawRequest.open(batch, "PUT", "/files/1", { "Content-Length": size });
    for (let sent = 0; sent < size / 2; sent += SIZE) await request.send(bytes);
    const [, arriving] = await filesOnce(batch, (files) => (files[1]?.receivedBytes ?? 0) > 0);
    expect(arriving).toMatchObject({ state: "uploading", attempts: 1 });
    expect(arriving?.progress).toBeLessThan(50);
    request.cut();
    expect(await filesOnce(batch, nobodyUploads)).toMatchObject([completed, cutOff]);

    const body = new Uint8Array(size).fill(9);
    const healed = await batch.call("/files/1", { method: "PUT", body });
    expect(await healed.json()).toMatchObject({ state: "completed", attempts: 2 });
    await expectTrueTally(batch);
  });

  test("with its first bytes waits again as well, and has been tried", async () => {
    const batch = await TestBatch.create(server.origin, [SIZE]);
    const request = await RawRequest.open(batch, "PUT", "/files/0", { "Content-Length": SIZE });
    await request.send(bytes.subarray(0, 10));
    await filesOnce(batch, (files) => files.some(isUploading));
    request.cut();
    expect(await filesOnce(batch, nobodyUploads)).toMatchObject([cutOff]);
  });

  test("is not hurt by a second request for the same file", async () => {
    const size = 1_000_000;
    const batch = await TestBatch.create(server.origin, [size]);
    const first = await RawRequest.open(batch, "PUT", "/files/0", { "Content-Length": size });
    await first.send(bytes);
    await filesOnce(batch, (files) => files.some(isUploading));
    const second = await batch.call("/files/0", { method: "PUT", body: new Uint8Array(size) });
    expect(await second.json()).toMatchObject({ state: "completed", attempts: 2 });
    const { rev } = await batch.status();
    first.cut();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await batch.status()).toMatchObject({ rev, totals: { completed: 1 } });
  });
});
