import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BatchApi, createBatch } from "../client/api/batch-api.ts";
import { startServer } from "./support/server.ts";

const { signal } = new AbortController();
const secret = "the-same-before-and-after-a-restart";
let state: string;

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), "tallyman-state-"));
});

afterAll(() => rm(state, { recursive: true, force: true }));

test("page and API are on one address", async () => {
  const server = await startServer();
  const page = await fetch(server.origin);
  const html = await page.text();
  const health = await (await fetch(`${server.origin}/v1/health`)).text();
  await server.stop();
  expect(page.headers.get("content-type")).toContain("text/html");
  expect(html).toContain("Tallyman");
  expect(JSON.parse(health)).toMatchObject({ ok: true });
});

test.each(["stop", "kill"] as const)("every batch outlives a %s", async (end) => {
  const before = await startServer({ state, secret });
  const files = [{ name: "kept.txt", size: 4 }];
  const { id, tokens } = await createBatch(before.origin, undefined, { files }, { signal });
  await before[end]();
  await expect(fetch(before.origin)).rejects.toThrow("fetch failed");

  const after = await startServer({ state, secret });
  const { totals } = await new BatchApi(after.origin, id, tokens.read, signal).batch();
  await after.stop();
  expect(totals).toMatchObject({ files: 1, queued: 1, bytes: 4 });
});

test.each([
  ["that is taken", () => takenPort(), "is taken"],
  ["that is none", () => "eighty", "is not a port"],
])("a port %s is an error that says what to do", async (_, choose, reason) => {
  const port = await choose();
  const serving = spawn(process.execPath, ["serve.ts"], { env: { ...process.env, PORT: port } });
  const [said, [code]] = await Promise.all([text(serving.stderr), once(serving, "exit")]);
  expect(code).toBe(1);
  expect(said).toContain(reason);
  expect(said).toContain("PORT=8788 npm start");
});

/** @returns a port that is listened on until the process ends */
async function takenPort(): Promise<string> {
  const other = createServer().listen(0, "127.0.0.1").unref();
  await once(other, "listening");
  const address = other.address();
  return address && typeof address === "object" ? String(address.port) : "";
}
