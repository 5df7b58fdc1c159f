import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { BatchList, CreatedBatch } from "../../protocol/index.ts";
import { readProblem } from "../testing/batch.ts";
import { breakCalls, loseResponses } from "../testing/broken-calls.ts";
import { callWith } from "../testing/call-with.ts";
import { bearer, grantFor } from "../testing/grants.ts";

const TWELVE = { QUOTA_FILES_PER_DAY: "12", QUOTA_OPEN_BATCHES: "2" };

let grant: string;
let key: string;

beforeEach(async () => {
  grant = await grantFor();
  key = crypto.randomUUID();
});

afterEach(() => {
  vi.restoreAllMocks();
});

function create(count: number, sealed = false, callKey: string | null = key): Promise<Response> {
  const files = Array.from({ length: count }, (_, index) => ({ name: `${index}`, size: 1 }));
  const body = JSON.stringify({ files, sealed });
  const headers = { ...bearer(grant), ...(callKey !== null && { "Idempotency-Key": callKey }) };
  return callWith(TWELVE, "/v1/batches", { method: "POST", body, headers });
}

async function expectProblem(response: Response, status: number, code: string): Promise<void> {
  expect(await readProblem(response)).toMatchObject({ status, code });
}

async function listed(): Promise<BatchList["batches"]> {
  const response = await callWith(TWELVE, "/v1/batches", { headers: bearer(grant) });
  return (await response.json<BatchList>()).batches;
}

test("a batch without a response counts until it is clear that it does not exist", async () => {
  loseResponses("create");
  expect((await create(1, true, null)).status).toBe(503);
  expect((await create(1, true, null)).status).toBe(503);
  expect((await create(1, true, null)).status).toBe(429);
});

/** Makes a call that reserves quota, and creates no batch. */
async function reserveOnly(count: number): Promise<void> {
  breakCalls("create");
  vi.spyOn(console, "warn").mockReturnValue();
  await expectProblem(await create(count), 503, "busy");
  vi.restoreAllMocks();
}

describe("a key whose call has reserved quota", () => {
  test("needs more for more files, and is refused without it", async () => {
    await reserveOnly(1);
    await expectProblem(await create(13), 429, "quota_exceeded");
    expect((await create(12)).status).toBe(201);
    key = crypto.randomUUID();
    await expectProblem(await create(1), 429, "quota_exceeded");
  });

  test("needs nothing more for the same files, or fewer", async () => {
    await reserveOnly(12);
    expect((await create(12)).status).toBe(201);
    key = crypto.randomUUID();
    await expectProblem(await create(1), 429, "quota_exceeded");
  });
});

describe("a key", () => {
  test("creates nothing while its batch can't be reached, as no quota would be reserved", async () => {
    vi.spyOn(console, "warn").mockReturnValue();
    breakCalls("status");
    await expectProblem(await create(13), 503, "busy");
    vi.restoreAllMocks();
    expect(await listed()).toEqual([]);
    await expectProblem(await create(13), 429, "quota_exceeded");
  });

  test("of a deleted batch returns no quota that its files have used", async () => {
    const { id } = await (await create(10, true)).json<CreatedBatch>();
    const stub = env.BATCH.getByName(id);
    await stub.applyEvents([{ file: 0, event: "stored", etag: "e" }]);
    // The request that deletes the batch has not told its owner yet.
    await stub.delete();
    await expectProblem(await create(10, true), 429, "quota_exceeded");
    expect(await listed()).toMatchObject([{ id, files: 10 }]);
  });
});
