import { expect, test } from "vitest";
import { LIMITS, type SingleFileResource } from "../../protocol/index.ts";
import { sha256Hex } from "../upload/digest.ts";
import { readProblem, TestBatch } from "../testing/batch.ts";
import { utf8 } from "../testing/multipart.ts";

/** Fields by which a client that resumes checks that a file is unchanged. */
async function known(batch: TestBatch, query: string): Promise<SingleFileResource> {
  return (await batch.call(`/files/0${query}`)).json<SingleFileResource>();
}

test("a file has lastModified, and the digests of its parts with ?digests=true", async () => {
  const size = 2 * LIMITS.partBytes + 4;
  const lastModified = 1_760_000_000_123;
  const batch = await TestBatch.create([{ name: "film.mov", size, lastModified }]);
  expect((await known(batch, "?digests=true")).parts).toMatchObject({ received: [], sha256: [] });
  await batch.call("/files/0/parts/3", { method: "PUT", body: "last" });
  const { parts, ...file } = await known(batch, "?digests=true");
  const sha256 = [await sha256Hex(utf8("last"))];
  expect(parts).toEqual({ partBytes: LIMITS.partBytes, count: 3, received: [3], sha256 });
  expect(file).toMatchObject({ lastModified, receivedBytes: 4 });
  expect((await known(batch, "")).parts).not.toHaveProperty("sha256");
});

test("a small file has no part digests, and other values of digests are refused", async () => {
  const batch = await TestBatch.create([2]);
  expect(await known(batch, "?digests=true")).not.toHaveProperty("parts");
  const problem = await readProblem(await batch.call("/files/0?digests=perhaps"));
  expect(problem).toMatchObject({ status: 400, code: "malformed_request" });
});
