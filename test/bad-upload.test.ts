import { createHash } from "node:crypto";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { LIMITS } from "../protocol/index.ts";
import { formBody, formRequest, unclosedBody, utf8 } from "../worker/testing/multipart.ts";
import { expectTrueTally, readProblem, TestBatch } from "./support/batch.ts";
import { cleanUpAfterAll } from "./support/cleanup.ts";
import { type Server, startServer } from "./support/server.ts";

const KEPT = "kept";
const digestField = (text: string) =>
  `sha-256=:${createHash("sha256").update(text).digest("base64")}:`;

let server: Server;
/** A file that is stored, and two that are to come, of four bytes each. */
let batch: TestBatch;

const cleanUp = cleanUpAfterAll();

beforeAll(async () => {
  server = await startServer();
  cleanUp(() => server.stop());
});

beforeEach(async () => {
  batch = await TestBatch.create(server.origin, [4, 4, 4]);
  await batch.call("/bundle", formRequest(formBody([{ name: 0, bytes: KEPT }])));
});

/** Whatever came in: totals are the sum of the rows, and what was stored is stored. */
async function expectTruth(): Promise<void> {
  const [first] = await expectTrueTally(batch);
  expect(first).toMatchObject({ state: "completed", progress: 100, attempts: 1 });
  expect(await (await batch.call("/files/0/content")).text()).toBe(KEPT);
}

describe("a bundle", () => {
  const send = (body: Uint8Array<ArrayBuffer>) => batch.call("/bundle", formRequest(body));
  const neighbour = { name: 2, bytes: "four" };

  test.each([
    ["an unknown id", { name: 3, bytes: "four" }, "file_not_found"],
    ["no id at all", { name: "photo", bytes: "four" }, "file_not_found"],
    ["a part that is longer than declared", { name: 1, bytes: "fiver" }, "size_mismatch"],
    ["a part that is shorter than declared", { name: 1, bytes: "few" }, "size_mismatch"],
    [
      "a digest that does not match",
      { name: 1, bytes: "four", headers: { "Content-Digest": digestField("five") } },
      "checksum_mismatch",
    ],
    [
      "a digest that is none",
      { name: 1, bytes: "four", headers: { "Content-Digest": "sha-256=?" } },
      "malformed_request",
    ],
  ])("with %s takes all but that", async (_, part, code) => {
    const answer = await send(formBody([part, neighbour]));
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      files: [{ id: part.name, error: { code } }, [2, "completed", 100, 4, null]],
    });
    await expectTruth();
  });

  test("with the same id twice takes the first", async () => {
    const answer = await send(
      formBody([{ name: 1, bytes: "four" }, neighbour, { name: 1, bytes: "five" }]),
    );
    expect(await answer.json()).toMatchObject({
      files: [
        [1, "completed", 100, 4, null],
        [2, "completed", 100, 4, null],
        { id: 1, error: { code: "malformed_request" } },
      ],
    });
    expect(await (await batch.call("/files/1/content")).text()).toBe("four");
    await expectTruth();
  });

  test("without its closing boundary keeps what was whole", async () => {
    const answer = await send(unclosedBody([{ name: 1, bytes: "four" }, neighbour]));
    expect(await readProblem(answer)).toMatchObject({ status: 400, code: "malformed_multipart" });
    expect((await batch.files()).map(({ state }) => state)).toEqual([
      "completed",
      "completed",
      "queued",
    ]);
    await expectTruth();
  });

  test.each([
    ["nothing", utf8("")],
    ["no form", utf8("four")],
  ])("of %s is malformed_multipart", async (_, body) => {
    const answer = await send(Uint8Array.from(body));
    expect(await readProblem(answer)).toMatchObject({ status: 400, code: "malformed_multipart" });
    expect(await batch.status()).toMatchObject({ rev: 2 });
    await expectTruth();
  });

  test("of 101 parts is too large, and keeps the hundred before", async () => {
    const files = Array.from({ length: 101 }, (_, index) => ({ name: `${index}`, size: 4 }));
    await batch.call("/files", { method: "POST", body: JSON.stringify({ files }) });
    const parts = files.map((_, index) => ({ name: index + 3, bytes: "four" }));
    const answer = await send(formBody(parts));
    expect(await readProblem(answer)).toMatchObject({ status: 413, code: "bundle_too_large" });
    expect((await batch.status()).totals).toMatchObject({ completed: 101, queued: 3 });
    await expectTruth();
  });

  test.each([
    ["of its content", LIMITS.bundleBytes + 1],
    ["of its body", 12_000_000],
  ])("beyond the limit %s is too large", async (_, bytes) => {
    const parts = [neighbour, { name: 1, bytes: new Uint8Array(bytes) }];
    const answer = await send(formBody(parts));
    expect(await readProblem(answer)).toMatchObject({ status: 413, code: "bundle_too_large" });
    expect((await batch.files())[1]).toMatchObject({ state: "queued", receivedBytes: 0 });
    await expectTruth();
  });
});

describe("a whole file", () => {
  test("without its length is refused", async () => {
    const body = new Blob(["four"]).stream();
    const init: RequestInit & { duplex: "half" } = { method: "PUT", body, duplex: "half" };
    const answer = await batch.call("/files/1", init);
    expect(await readProblem(answer)).toMatchObject({ status: 411, code: "length_required" });
    expect(await batch.status()).toMatchObject({ rev: 2 });
    await expectTruth();
  });

  test("with another length is failed, and heals", async () => {
    const answer = await batch.call("/files/1", { method: "PUT", body: "fiver" });
    expect(await readProblem(answer)).toMatchObject({ status: 422, code: "size_mismatch" });
    await expectTruth();
    const healed = await batch.call("/files/1", { method: "PUT", body: "four" });
    expect(await healed.json()).toMatchObject({ state: "completed" });
    await expectTruth();
  });

  test.each(["/files/3", "/files/one"])("with an unknown id is refused: %s", async (path) => {
    const answer = await batch.call(path, { method: "PUT", body: "four" });
    expect(await readProblem(answer)).toMatchObject({ status: 404, code: "file_not_found" });
    await expectTruth();
  });

  test("with a digest that does not match is failed, and heals", async () => {
    const headers = { "Content-Digest": digestField("five") };
    const answer = await batch.call("/files/1", { method: "PUT", body: "four", headers });
    expect(await readProblem(answer)).toMatchObject({ status: 422, code: "checksum_mismatch" });
    await expectTruth();
    const healed = await batch.call("/files/1", { method: "PUT", body: "four" });
    expect(await healed.json()).toMatchObject({ state: "completed", attempts: 2 });
    await expectTruth();
  });
});
