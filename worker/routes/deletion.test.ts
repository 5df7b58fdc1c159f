import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import type { Tokens } from "../../protocol/index.ts";
import { readProblem, TestBatch } from "../testing/batch.ts";
import { noise } from "../testing/samples.ts";

const DAY_MS = 24 * 60 * 60_000;

afterEach(() => void vi.useRealTimers());

/** Advances the clock and runs the batch's alarm, if there is one. */
async function pass(batch: TestBatch, ms: number): Promise<void> {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });
  await runDurableObjectAlarm(env.BATCH.getByName(batch.id));
}

async function keysOf(batch: TestBatch): Promise<string[]> {
  const { objects } = await env.BUCKET.list({ prefix: `${batch.id}/` });
  return objects.map(({ key }) => key);
}

/** Returns new tokens for the owner: those of the batch end some time after it. */
async function renew(batch: TestBatch): Promise<Tokens> {
  const response = await batch.call("/tokens", { method: "POST" }, batch.created.tokens.owner);
  return response.json();
}

/** Deletes a batch that ended long ago, whose own tokens open it no more. */
async function remove(batch: TestBatch): Promise<Response> {
  const init = { method: "DELETE" };
  const refused = await readProblem(await batch.call("", init));
  expect(refused).toMatchObject({ status: 401, code: "token_revoked" });
  return batch.call("", init, (await renew(batch)).write);
}

test("a completed batch can be read and deleted after a year", async () => {
  const batch = await TestBatch.create([5]);
  await (await batch.put(0, noise(5))).body?.cancel();
  await pass(batch, 31 * DAY_MS);
  await pass(batch, 334 * DAY_MS);
  const status = await batch.call("", {}, (await renew(batch)).read);
  expect(await status.json()).toMatchObject({ state: "completed", expiresAt: null });
  expect(await keysOf(batch)).toHaveLength(1);
  expect((await remove(batch)).status).toBe(204);
  expect(await keysOf(batch)).toEqual([]);
});

test("a batch that expired can be deleted a year later, with its completed files", async () => {
  const batch = await TestBatch.create([5, 5]);
  await (await batch.put(0, noise(5))).body?.cancel();
  await pass(batch, 8 * DAY_MS);
  await pass(batch, 350 * DAY_MS);
  const status = await batch.call("", {}, (await renew(batch)).read);
  expect(await readProblem(status)).toMatchObject({ code: "batch_expired" });
  expect(await keysOf(batch)).toHaveLength(1);
  expect((await remove(batch)).status).toBe(204);
  expect(await keysOf(batch)).toEqual([]);
});
