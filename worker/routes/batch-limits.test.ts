import { describe, expect, test } from "vitest";
import type { BatchResource, PlainUpload } from "../../protocol/index.ts";
import { call, TestBatch } from "../testing/batch.ts";
import { bearer, grantWith, operatorToken } from "../testing/grants.ts";
import { formBody, formRequest } from "../testing/multipart.ts";

const LIMITED = { maxFiles: 7, maxBytes: 1000, types: ["text/plain"], prefix: "private/" };

/** Creates a batch with a grant's limits, and with a file that has failed. */
async function create(): Promise<TestBatch> {
  const batch = await TestBatch.create([1, 1, 1], { grant: await grantWith(LIMITED) });
  await batch.bundle([{ name: 0, bytes: "too long" }]);
  return batch;
}

const statusOf = async (response: Response) => response.json<BatchResource>();

test.each<[string, path: string, method: string, body?: object]>([
  ["status", "", "GET"],
  ["seal", "", "PATCH", { sealed: true }],
  ["metadata", "", "PATCH", { metadata: { name: "Holiday" } }],
  ["pause", "/pause", "POST"],
  ["resume", "/resume", "POST"],
  ["retry", "/retry", "POST"],
  ["cancelled files", "/cancel", "POST", { files: [1] }],
  ["cancel", "/cancel", "POST"],
])("the response to %s has the links and limits of the creation", async (_, path, method, body) => {
  const batch = await create();
  const init = { method, ...(body && { body: JSON.stringify(body) }) };
  const { links, limits } = await statusOf(await batch.call(path, init));
  expect({ links, limits }).toEqual({ links: batch.created.links, limits: batch.created.limits });
  expect(limits).toMatchObject({ files: 7, bytes: 1000, types: ["text/plain"] });
});

test("the batch of a form has the same links as the form's response, and limits", async () => {
  const form = formRequest(formBody([{ name: "f", filename: "a.txt", bytes: "hello" }]));
  const headers = { ...form.headers, ...bearer(await grantWith(LIMITED)) };
  const { batch, links } = await (
    await call("/v1/upload", { ...form, headers })
  ).json<PlainUpload>();
  expect(batch).toMatchObject({ links, limits: { files: 7 } });
});

describe.each(["read", "live"] as const)("a %s token", (scope) => {
  test("gets the links without the limits", async () => {
    const batch = await create();
    const status = await statusOf(await batch.call("", {}, batch.created.tokens[scope]));
    expect(status.links).toEqual(batch.created.links);
    expect(status).not.toHaveProperty("limits");
  });

  test("has an ETag that confirms no response with limits", async () => {
    const batch = await create();
    const token = batch.created.tokens[scope];
    const etag = (await batch.call("", {}, token)).headers.get("ETag") ?? "";
    const headers = { "If-None-Match": etag };
    const statuses = [batch.created.tokens.write, await operatorToken(), token].map(
      async (other) => (await batch.call("", { headers }, other)).status,
    );
    expect(await Promise.all(statuses)).toEqual([200, 200, 304]);
  });
});

test("the operator gets both, and the owner's name", async () => {
  const batch = await create();
  const status = await statusOf(await batch.call("", {}, await operatorToken()));
  const { links, limits } = batch.created;
  expect(status).toMatchObject({ links, limits, owner: expect.any(String) });
});

test("frames have no limits, nor what they are made of", async () => {
  const batch = await create();
  const watcher = await batch.watch();
  const snapshot = await watcher.next("snapshot");
  expect(snapshot).toMatchObject({ batch: { id: batch.id } });
  for (const field of ["limits", "grantLimits"])
    expect(snapshot).not.toHaveProperty(`batch.${field}`);
  watcher.close();
});
