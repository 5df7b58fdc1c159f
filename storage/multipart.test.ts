import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { assemble, isUploadGone } from "./multipart.ts";

/** A file of one part in an upload of its own, of which the tally has noted another etag. */
async function completion(size: number) {
  const key = crypto.randomUUID();
  const upload = await env.BUCKET.createMultipartUpload(key);
  await upload.uploadPart(1, "x".repeat(size));
  const parts = [{ partNumber: 1, etag: "0".repeat(32) }];
  return { upload, completion: { file: 0, key, size, multipart: upload.uploadId, parts } };
}

async function expectGone(upload: R2MultipartUpload): Promise<void> {
  const error: unknown = await upload.uploadPart(1, "x").then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(isUploadGone(error)).toBe(true);
}

test("parts that are none are given up, and the file begins anew", async () => {
  const { upload, completion: broken } = await completion(4);
  expect(await assemble(env.BUCKET, broken)).toBeNull();
  await expectGone(upload);
});

test("where an earlier upload has stored the file, this one is given up", async () => {
  const { upload, completion: late } = await completion(4);
  const earlier: R2Object | null = await env.BUCKET.put(late.key, "file");
  expect(await assemble(env.BUCKET, late)).toBe(earlier?.etag);
  await expectGone(upload);
});
