import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { isUploadGone } from "./errors.ts";
import { skipTime } from "./testing/clock.ts";
import { WRITE_INTERVAL_MS } from "./testing/platform.ts";
import { abortMultipart, completeMultipart, createMultipart, uploadPart } from "./multipart.ts";

const SIZE = 4;

/** A multipart upload with one part, and a list of parts that doesn't name it. */
async function uploadWithWrongPart() {
  const file = { folder: `${crypto.randomUUID()}/`, id: 0, name: "file" };
  const upload = await createMultipart(env.BUCKET, { file, type: "text/plain" });
  await uploadPart(env.BUCKET, upload, 1, new Uint8Array(SIZE));
  return { upload, parts: [{ partNumber: 1, etag: "0".repeat(32) }] };
}

const uploadAnother = (upload: { id: string; key: string }) =>
  uploadPart(env.BUCKET, upload, 2, new Uint8Array(SIZE));

test("completing makes the parts one object with the file's metadata", async () => {
  const file = { folder: `${crypto.randomUUID()}/`, id: 0, name: "photo.jpg" };
  const object = { file, type: "image/jpeg", sha256: "ab" };
  const upload = await createMultipart(env.BUCKET, object);
  const parts = [await uploadPart(env.BUCKET, upload, 1, new Uint8Array(SIZE))];
  const result = await completeMultipart(env.BUCKET, upload, { size: SIZE, parts });
  expect(result).toMatchObject({ isFound: false, isOpen: false });
  expect(await env.BUCKET.head(upload.key)).toMatchObject({
    ...("etag" in result && { etag: result.etag }),
    size: SIZE,
    httpMetadata: { contentType: "image/jpeg" },
    customMetadata: { name: "photo.jpg", sha256: "ab" },
  });
});

test("completing a second time finds the object", async () => {
  const file = { folder: `${crypto.randomUUID()}/`, id: 0, name: "file" };
  const upload = await createMultipart(env.BUCKET, { file, type: "text/plain" });
  const parts = [await uploadPart(env.BUCKET, upload, 1, new Uint8Array(SIZE))];
  const first = await completeMultipart(env.BUCKET, upload, { size: SIZE, parts });
  skipTime(WRITE_INTERVAL_MS);
  const second = await completeMultipart(env.BUCKET, upload, { size: SIZE, parts });
  expect(second).toEqual({ ...first, isFound: true });
});

test("an upload whose parts are not the recorded ones is in doubt, and stays open", async () => {
  const { upload, parts } = await uploadWithWrongPart();
  const result = await completeMultipart(env.BUCKET, upload, { size: SIZE, parts });
  expect(result).toEqual({ doubt: "invalidPart" });
  await expect(uploadAnother(upload)).resolves.toBeDefined();
});

test("an upload that does not exist is in doubt, too", async () => {
  const { upload, parts } = await uploadWithWrongPart();
  await abortMultipart(env.BUCKET, upload);
  const result = await completeMultipart(env.BUCKET, upload, { size: SIZE, parts });
  expect(result).toEqual({ doubt: "noSuchUpload" });
});

test("an object of the file's size is the result of a completion that fails", async () => {
  const { upload, parts } = await uploadWithWrongPart();
  const stored: R2Object | null = await env.BUCKET.put(upload.key, "file");
  const result = await completeMultipart(env.BUCKET, upload, { size: SIZE, parts });
  expect(result).toEqual({ etag: stored?.etag, isFound: true, isOpen: true });
  await expect(uploadAnother(upload)).resolves.toBeDefined();
});

test("aborting an upload a second time does nothing", async () => {
  const { upload } = await uploadWithWrongPart();
  await abortMultipart(env.BUCKET, upload);
  await abortMultipart(env.BUCKET, upload);
  await expect(uploadAnother(upload)).rejects.toSatisfy(isUploadGone);
});
