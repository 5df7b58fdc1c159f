import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import {
  type DeclaredFiles,
  fileError,
  type FilePage,
  type SingleFileResource,
} from "../../protocol/index.ts";
import { call, readProblem, TestBatch } from "../testing/batch.ts";
import { grantWith } from "../testing/grants.ts";

/** Declares files of 6 bytes in place of others. */
function replace(batch: TestBatch, ids: readonly number[], key?: string): Promise<Response> {
  const files = ids.map((replaces) => ({ name: `${replaces}`, size: 6, replaces }));
  const headers = key === undefined ? {} : { "Idempotency-Key": key };
  return batch.call("/files", { method: "POST", headers, body: JSON.stringify({ files }) });
}

const declared = async (response: Response) => {
  expect(response.status).toBe(201);
  return response.json<DeclaredFiles>();
};

const statesOf = async (batch: TestBatch) =>
  (await batch.files()).map(({ id, state }) => [id, state]);

test("a failed file whose bytes are stored stays", async () => {
  const batch = await TestBatch.create([5], { sealed: false });
  const error = fileError("processing_failed", "Not an image.");
  await env.BATCH.getByName(batch.id).applyEvents([
    { file: 0, event: "stored", etag: "etag" },
    { file: 0, event: "failed", error },
  ]);
  await declared(await replace(batch, [0]));
  expect(await statesOf(batch)).toEqual([
    [0, "failed"],
    [1, "queued"],
  ]);
});

test("a file that waits or has failed is cancelled and left out of lists, and a stored one stays", async () => {
  const batch = await TestBatch.create([5, 5, 5], { sealed: false });
  await batch.bundle([
    { name: 0, bytes: "hello" },
    { name: 1, bytes: "too long" },
  ]);
  expect((await batch.files())[1]).toMatchObject({ state: "failed" });
  const { rev } = await batch.status();
  const watcher = await batch.watch();
  expect(await declared(await replace(batch, [0, 1, 2]))).toMatchObject({ firstFile: 3, count: 3 });
  expect(await statesOf(batch)).toEqual([
    [0, "completed"],
    [3, "queued"],
    [4, "queued"],
    [5, "queued"],
  ]);
  expect(await batch.status()).toMatchObject({ totals: { files: 6, cancelled: 2, failed: 0 } });
  const one = await (await batch.call("/files/1")).json<SingleFileResource>();
  expect(one).toMatchObject({ id: 1, state: "cancelled" });
  const changes = await (await batch.call(`/files?since=${rev}`)).json<FilePage>();
  expect(changes.files.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5]);
  await watcher.next("uploadProgress");
  expect(watcher.rows("uploadProgress").map(([id, state]) => [id, state])).toEqual([
    [1, "cancelled"],
    [2, "cancelled"],
  ]);
  watcher.close();
});

test("pages of a list leave out replaced files, and the batch ends without them", async () => {
  const batch = await TestBatch.create([5, 5, 5, 5], { sealed: false });
  await declared(await replace(batch, [1, 3]));
  await declared(await replace(batch, [4]));
  const first = await (await batch.call("/files?limit=2")).json<FilePage>();
  expect([first.files.map(({ id }) => id), first.next]).toEqual([[0, 2], 2]);
  const second = await (await batch.call("/files?limit=2&after=2")).json<FilePage>();
  expect([second.files.map(({ id }) => id), second.next]).toEqual([[5, 6], null]);
  await batch.bundle([
    { name: 0, bytes: "hello" },
    { name: 2, bytes: "hello" },
    { name: 5, bytes: "hello!" },
    { name: 6, bytes: "hello!" },
  ]);
  await batch.call("", { method: "PATCH", body: JSON.stringify({ sealed: true }) });
  expect(await batch.status()).toMatchObject({
    state: "completed",
    summary: { files: 7, completed: 4, cancelled: 3, failed: 0 },
  });
});

test("a declaration that is refused or repeated replaces nothing more", async () => {
  const batch = await TestBatch.create([5, 5], { sealed: false });
  const refused = await replace(batch, [0, 2]);
  expect(await readProblem(refused)).toMatchObject({ status: 404, code: "file_not_found" });
  expect(await statesOf(batch)).toHaveLength(2);
  const first = await declared(await replace(batch, [0], "a-key"));
  expect(await declared(await replace(batch, [0], "a-key"))).toEqual(first);
  expect((await statesOf(batch)).map(([id]) => id)).toEqual([1, 2]);
});

test("the bytes of a replaced file count no longer towards the limit", async () => {
  const grant = await grantWith({ maxBytes: 11 });
  const batch = await TestBatch.create([5, 5], { sealed: false, grant });
  await declared(await replace(batch, [0]));
  expect(await statesOf(batch)).toEqual([
    [1, "queued"],
    [2, "queued"],
  ]);
});

test("the call that creates a batch has nothing to replace", async () => {
  const files = [
    { name: "a", size: 5 },
    { name: "b", size: 5, replaces: 0 },
  ];
  const body = JSON.stringify({ files, sealed: false });
  const response = await call("/v1/batches", { method: "POST", body });
  expect(await statesOf(TestBatch.of(await response.json()))).toEqual([
    [0, "queued"],
    [1, "queued"],
  ]);
});
