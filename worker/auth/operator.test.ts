import { expect, test } from "vitest";
import type { BatchResource } from "../../protocol/index.ts";
import { readProblem, TestBatch } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";
import { bearer, grantFor, operatorToken } from "../testing/grants.ts";
import { signOperatorToken } from "./operator-jwt.ts";

const NAMES = ["user 42", "Åsa 😀", "../../v1/health", "a/b?c#d%2F%25", "."];

async function operatorStatus({ created }: TestBatch, headers = {}) {
  const token = await operatorToken();
  return callWith({}, created.links.self, { headers: { ...bearer(token), ...headers } });
}

async function ownerOf(batch: TestBatch): Promise<string | undefined> {
  return (await (await operatorStatus(batch)).json<BatchResource>()).owner;
}

test.each(NAMES)("the operator sees that a batch belongs to %j", async (name) => {
  expect(await ownerOf(await TestBatch.create([1], { grant: await grantFor({}, name) }))).toBe(
    name,
  );
});

test("the operator sees the name of an anonymous owner, who keeps it", async () => {
  const first = await TestBatch.create([1]);
  const name = await ownerOf(first);
  expect(name).toMatch(/^[0-9a-f-]{36}$/u);
  const second = await TestBatch.create([1], { grant: first.created.tokens.owner ?? "" });
  expect(await ownerOf(second)).toBe(name);
});

test("no other client sees the owner, in the batch or in frames", async () => {
  const batch = await TestBatch.create([1], { grant: await grantFor({}, "a secret name") });
  const watcher = await batch.watch();
  await batch.put(0, "x");
  await expect.poll(() => watcher.frames.at(-1)).toMatchObject({ event: "uploadCompleted" });
  const { write, read, live } = batch.created.tokens;
  const seen: unknown[] = [batch.created, watcher.frames];
  for (const token of [write, read, live])
    seen.push(await (await batch.call("", {}, token)).json());
  expect(JSON.stringify(seen)).not.toContain("a secret name");
  expect(JSON.stringify(seen)).not.toContain('"owner":');
});

test("a cached response of another client is not confirmed for the operator", async () => {
  const batch = await TestBatch.create([1]);
  const { headers } = await batch.call();
  const known = { "If-None-Match": headers.get("ETag") ?? "" };
  const response = await operatorStatus(batch, known);
  expect(response.status).toBe(200);
  const own = { "If-None-Match": response.headers.get("ETag") ?? "" };
  expect((await operatorStatus(batch, own)).status).toBe(304);
});

test("the operator opens a batch whose tokens have ended", async () => {
  const batch = await TestBatch.create([1]);
  await batch.put(0, "x");
  const body = JSON.stringify({ revoke: ["read", "write"] });
  const owner = batch.created.tokens.owner ?? "";
  expect((await batch.call("/tokens", { method: "POST", body }, owner)).status).toBe(200);
  expect((await batch.call("/files/0/content")).status).toBe(401);
  const token = await operatorToken();
  const content = await batch.call("/files/0/content", {}, token);
  expect(await content.text()).toBe("x");
  expect((await batch.call("", { method: "DELETE" }, token)).status).toBe(204);
  expect((await batch.call("", {}, token)).status).toBe(404);
});

test("without OPERATOR_SECRET, only the operator's calls are refused", async () => {
  const { created } = await TestBatch.create([1]);
  const call = (token: string) =>
    callWith({ OPERATOR_SECRET: undefined }, created.links.self, { headers: bearer(token) });
  expect((await call(created.tokens.read)).status).toBe(200);
  const problem = await readProblem(await call(await operatorToken()));
  expect(problem).toMatchObject({ status: 503, code: "not_configured" });
  expect(problem.detail).toContain("OPERATOR_SECRET");
});

test("tokens of both secrets are valid while one replaces the other", async () => {
  const [OLD, NEW] = ["the-old-secret-", "the-new-secret-"].map((word) => word.padEnd(40, "x"));
  const { created } = await TestBatch.create([1]);
  const statusOf = async (secret = "", OPERATOR_SECRET = "") => {
    const headers = bearer(await signOperatorToken(secret));
    return (await callWith({ OPERATOR_SECRET }, created.links.self, { headers })).status;
  };
  expect(await statusOf(OLD, `${NEW} ${OLD}`)).toBe(200);
  expect(await statusOf(NEW, `${NEW} ${OLD}`)).toBe(200);
  expect(await statusOf(OLD, NEW)).toBe(401);
});
