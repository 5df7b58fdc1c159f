import { createHash } from "node:crypto";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { LIMITS } from "../protocol/index.ts";
import { formBody, formRequest, unclosedBody, utf8 } from "../worker/testing/multipart.ts";
import { expectTrueTally, readProblem, TestBatch } from "./support/batch.ts";
import { cleanUpAfterAll } from "./support/cleanup.ts";
import { type Server, startServer } from "./support/server.ts";

const STORED = "four";
const digestField = (text: string) =>
  `sha-256=:${createHash("sha256").update(text).digest("base64")}:`;

let server: Server;
/** A batch with one stored and two queued files, of four bytes each. */
let batch: TestBatch;

const cleanUp = cleanUpAfterAll();

beforeAll(async () => {
  server = await startServer();
  cleanUp(() => server.stop());
});

beforeEach(async () => {
  batch = await TestBatch.create(server.origin, [4, 4, 4]);
  await batch.call("/bundle", formRequest(formBody([{ name: 0, bytes: STORED }])));
});

/** Checks that the totals are the sums over the files, and that the stored file is unchanged. */
async function expectConsistent(): Promise<void> {
  const [first] = await expectTrueTally(batch);
  expect(first).toMatchObject({ state: "completed", progress: 100, attempts: 1 });
  expect(await (await batch.call("/files/0/content")).text()).toBe(STORED);
}

describe("a bundle", () => {
  const send = (body: Uint8Array<ArrayBuffer>) => batch.call("/bundle", formRequest(body));
  const neighbour = { name: 2, bytes: "four" };

  test.each([
    ["an unknown id", { name: 3, bytes: "four" }, "file_not_found"],
    ["a name that is not an id", { name: "photo", bytes: "four" }, "file_not_found"],
    ["a part that is longer than declared", { name: 1, bytes: "fiver" }, "size_mismatch"],
    ["a part that is shorter than declared", { name: 1, bytes: "few" }, "size_mismatch"],
    [
      "a digest that does not match",
      { name: 1, bytes: "four", headers: { "Content-Digest": digestField("five") } },
      "checksum_mismatch",
    ],
    [
      "an invalid digest",
      { name: 1, bytes: "four", headers: { "Content-Digest": "sha-256=?" } },
      "malformed_request",
    ],
  ])("with %s stores only the other parts", async (_, part, code) => {
    const response = await send(formBody([part, neighbour]));
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      files: [
        { id: part.name, error: { code } },
        { id: 2, state: "completed" },
      ],
    });
    await expectConsistent();
  });

  test("with the same id twice stores the first", async () => {
    const response = await send(
      formBody([{ name: 1, bytes: "four" }, neighbour, { name: 1, bytes: "five" }]),
    );
    expect(await response.json()).toMatchObject({
      files: [
        { id: 1, state: "completed" },
        { id: 2, state: "completed" },
        { id: 1, error: { code: "malformed_request" } },
      ],
    });
    expect(await (await batch.call("/files/1/content")).text()).toBe("four");
    await expectConsistent();
  });

  test("without its closing boundary keeps its complete files", async () => {
    const response = await send(unclosedBody([{ name: 1, bytes: "four" }, neighbour]));
    expect(await readProblem(response)).toMatchObject({ status: 400, code: "malformed_multipart" });
    expect((await batch.files()).map(({ state }) => state)).toEqual([
      "completed",
      "completed",
      "queued",
    ]);
    await expectConsistent();
  });

  test.each([
    ["no bytes", utf8("")],
    ["text", utf8("four")],
  ])("of %s is malformed_multipart", async (_, body) => {
    const { rev } = await batch.status();
    const response = await send(Uint8Array.from(body));
    expect(await readProblem(response)).toMatchObject({ status: 400, code: "malformed_multipart" });
    expect(await batch.status()).toMatchObject({ rev });
    await expectConsistent();
  });

  test("of 101 parts is too large, and keeps the first 100", async () => {
    const files = Array.from({ length: 101 }, (_, index) => ({ name: `${index}`, size: 4 }));
    await batch.call("/files", { method: "POST", body: JSON.stringify({ files }) });
    const parts = files.map((_, index) => ({ name: index + 3, bytes: "four" }));
    const response = await send(formBody(parts));
    expect(await readProblem(response)).toMatchObject({ status: 413, code: "bundle_too_large" });
    expect((await batch.status()).totals).toMatchObject({ completed: 101, queued: 3 });
    await expectConsistent();
  });

  test.each([
    ["for its content", LIMITS.bundleBytes + 1],
    ["for its body", 12_000_000],
  ])("over the limit %s is too large", async (_, bytes) => {
    const parts = [neighbour, { name: 1, bytes: new Uint8Array(bytes) }];
    const response = await send(formBody(parts));
    expect(await readProblem(response)).toMatchObject({ status: 413, code: "bundle_too_large" });
    expect((await batch.files())[1]).toMatchObject({ state: "queued", receivedBytes: 0 });
    await expectConsistent();
  });
});

describe("a whole file", () => {
  test("with another length fails, and can be sent again", async () => {
    const response = await batch.call("/files/1", { method: "PUT", body: "fiver" });
    expect(await readProblem(response)).toMatchObject({ status: 422, code: "size_mismatch" });
    await expectConsistent();
    const repeated = await batch.call("/files/1", { method: "PUT", body: "four" });
    expect(await repeated.json()).toMatchObject({ state: "completed" });
    await expectConsistent();
  });

  test.each(["/files/3", "/files/one"])("with an unknown id is refused: %s", async (path) => {
    const response = await batch.call(path, { method: "PUT", body: "four" });
    expect(await readProblem(response)).toMatchObject({ status: 404, code: "file_not_found" });
    await expectConsistent();
  });

  test("with a digest that does not match fails, and can be sent again", async () => {
    const headers = { "Content-Digest": digestField("five") };
    const response = await batch.call("/files/1", { method: "PUT", body: "four", headers });
    expect(await readProblem(response)).toMatchObject({ status: 422, code: "checksum_mismatch" });
    await expectConsistent();
    const repeated = await batch.call("/files/1", { method: "PUT", body: "four" });
    expect(await repeated.json()).toMatchObject({ state: "completed", attempts: 2 });
    await expectConsistent();
  });
});
