import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { StorageError } from "./errors.ts";
import { fileIdOf } from "./keys.ts";
import { deleteFolder, getObject, matchingEtag, putObject } from "./objects.ts";
import { r2Error } from "./testing/r2-errors.ts";
import { skipWaits } from "./testing/skip-waits.ts";

const DIGEST = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
const HELLO = new TextEncoder().encode("hello");

afterEach(() => void vi.restoreAllMocks());

function newObject(id = 0, folder = `${crypto.randomUUID()}/`) {
  return { file: { folder, id, name: "hello.txt" }, type: "text/plain" };
}

const put = (object: ReturnType<typeof newObject> & { sha256?: string }, isVerified = true) =>
  putObject(env.BUCKET, object, HELLO, { isVerified });

test("putting a file stores its bytes, type, name and digest", async () => {
  const object = { ...newObject(), sha256: DIGEST };
  const etag = await put(object);
  const stored = await getObject(env.BUCKET, object.file);
  expect(stored).toMatchObject({
    etag,
    httpMetadata: { contentType: "text/plain" },
    customMetadata: { name: "hello.txt", sha256: DIGEST },
  });
  expect(stored && "body" in stored && (await stored.text())).toBe("hello");
});

test("putting a file whose key is taken returns null and changes nothing", async () => {
  const object = newObject();
  const etag = await put(object);
  expect(await putObject(env.BUCKET, object, new Uint8Array(1), { isVerified: true })).toBeNull();
  expect(await getObject(env.BUCKET, object.file)).toMatchObject({ etag, size: 5 });
});

test("R2 compares a digest that is not verified", async () => {
  const wrong = { ...newObject(), sha256: "0".repeat(64) };
  await expect(put(wrong, false)).rejects.toMatchObject({
    name: "StorageError",
    call: "put",
    failure: "checksumMismatch",
  });
  expect(await put({ ...wrong, sha256: DIGEST }, false)).toEqual(expect.any(String));
});

test("matchingEtag() finds an object by its stored digest", async () => {
  const object = { ...newObject(), sha256: DIGEST };
  expect(await matchingEtag(env.BUCKET, object.file, DIGEST)).toBeNull();
  const etag = await put(object);
  expect(await matchingEtag(env.BUCKET, object.file, DIGEST)).toBe(etag);
  expect(await matchingEtag(env.BUCKET, object.file, "0".repeat(64))).toBeNull();
});

test("deleting a folder deletes the selected keys of every page, and no other folder's", async () => {
  const folder = `${crypto.randomUUID()}/`;
  const other = newObject();
  await Promise.all([...[0, 1, 2, 3, 4].map((id) => put(newObject(id, folder))), put(other)]);
  const list = env.BUCKET.list.bind(env.BUCKET);
  vi.spyOn(env.BUCKET, "list").mockImplementation((options) => list({ ...options, limit: 2 }));
  await deleteFolder(env.BUCKET, folder, (key) => fileIdOf(folder, key) !== 3);
  expect((await list({ prefix: folder })).objects).toMatchObject([{ key: `${folder}3/hello.txt` }]);
  await deleteFolder(env.BUCKET, folder);
  expect((await list({ prefix: folder })).objects).toEqual([]);
  expect(await getObject(env.BUCKET, other.file)).not.toBeNull();
});

test("an object that R2 refuses to delete does not keep those in later pages", async () => {
  const folder = `${crypto.randomUUID()}/`;
  await Promise.all([0, 1, 2, 3, 4].map((id) => put(newObject(id, folder))));
  const list = env.BUCKET.list.bind(env.BUCKET);
  vi.spyOn(env.BUCKET, "list").mockImplementation((options) => list({ ...options, limit: 2 }));
  vi.spyOn(env.BUCKET, "delete").mockRejectedValueOnce(r2Error("delete", "locked"));
  await expect(deleteFolder(env.BUCKET, folder)).rejects.toMatchObject({ failure: "locked" });
  const left = (await list({ prefix: folder })).objects.map(({ key }) => key);
  expect(left).toEqual([`${folder}0/hello.txt`, `${folder}1/hello.txt`]);
});

test.each([
  ["rateLimited", r2Error("put", "rateLimited")],
  ["internal", r2Error("put", "internal")],
  ["unknown", new Error("put: An error that is not in the table. (10000)")],
  ["unknown", new Error("Network connection lost.")],
  ["unknown", "not an Error"],
])("a StorageError has the failure %s and R2's message", async (failure, thrown) => {
  skipWaits();
  vi.spyOn(env.BUCKET, "put").mockRejectedValue(thrown);
  const error: unknown = await put(newObject()).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(StorageError);
  expect(error).toMatchObject({ failure, cause: thrown });
  expect(String(error)).toContain(thrown instanceof Error ? thrown.message : thrown);
});
