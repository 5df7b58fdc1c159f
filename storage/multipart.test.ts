import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { isUploadGone } from "./errors.ts";
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
  const etag = await completeMultipart(env.BUCKET, upload, { size: SIZE, parts });
  expect(await env.BUCKET.head(upload.key)).toMatchObject({
    etag,
    size: SIZE,
    httpMetadata: { contentType: "image/jpeg" },
    customMetadata: { name: "photo.jpg", sha256: "ab" },
  });
});

test("completing a second time returns the etag of the object", async () => {
  const file = { folder: `${crypto.randomUUID()}/`, id: 0, name: "file" };
  const upload = await createMultipart(env.BUCKET, { file, type: "text/plain" });
  const parts = [await uploadPart(env.BUCKET, upload, 1, new Uint8Array(SIZE))];
  const etag = await completeMultipart(env.BUCKET, upload, { size: SIZE, parts });
  expect(await completeMultipart(env.BUCKET, upload, { size: SIZE, parts })).toBe(etag);
});

test("an upload whose parts are not the recorded ones is aborted and returns null", async () => {
  const { upload, parts } = await uploadWithWrongPart();
  expect(await completeMultipart(env.BUCKET, upload, { size: SIZE, parts })).toBeNull();
  await expect(uploadAnother(upload)).rejects.toSatisfy(isUploadGone);
});

test("an upload of a file that is stored already is aborted and returns the object's etag", async () => {
  const { upload, parts } = await uploadWithWrongPart();
  const stored: R2Object | null = await env.BUCKET.put(upload.key, "file");
  expect(await completeMultipart(env.BUCKET, upload, { size: SIZE, parts })).toBe(stored?.etag);
  await expect(uploadAnother(upload)).rejects.toSatisfy(isUploadGone);
});

test("aborting an upload a second time does nothing", async () => {
  const { upload } = await uploadWithWrongPart();
  await abortMultipart(env.BUCKET, upload);
  await abortMultipart(env.BUCKET, upload);
  await expect(uploadAnother(upload)).rejects.toSatisfy(isUploadGone);
});
