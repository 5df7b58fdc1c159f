import { expect, test, vi } from "vitest";
import type { CreatedBatch } from "../../protocol/index.ts";
import { OwnerClient } from "../../durable-objects/index.ts";
import { readProblem } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";
import { bearer, grantFor } from "../testing/grants.ts";

/** A day on which no other test has used the shared quota: all files share one runtime. */
let day = Date.UTC(2100, 0, 1, 12);

async function onNewDay(run: () => Promise<void>): Promise<void> {
  day += 24 * 60 * 60 * 1000;
  vi.useFakeTimers({ toFake: ["Date"], now: day });
  try {
    await run();
  } finally {
    vi.useRealTimers();
  }
}

const BYTES = { ANONYMOUS_BYTES_PER_DAY: "1000", ANONYMOUS_FILES_PER_DAY: "0" };

function create(size: number, token?: string, settings: object = BYTES): Promise<Response> {
  const body = JSON.stringify({ files: [{ name: "a", size }], sealed: false });
  const headers = token === undefined ? {} : bearer(token);
  return callWith(settings, "/v1/batches", { method: "POST", body, headers });
}

async function created(response: Response): Promise<CreatedBatch> {
  if (response.status !== 201) throw new Error(await response.text());
  return response.json<CreatedBatch>();
}

function declare({ links, tokens }: CreatedBatch, size: number, key: string): Promise<Response> {
  const body = JSON.stringify({ files: [{ name: "b", size }] });
  const headers = { ...bearer(tokens.write), "Idempotency-Key": key };
  return callWith(BYTES, links.files, { method: "POST", body, headers });
}

async function expectExceeded(response: Response, name: string): Promise<void> {
  expect(await readProblem(response)).toMatchObject({
    status: 429,
    code: "quota_exceeded",
    detail: expect.stringContaining(`anonymous uploads together have reached the limit of ${name}`),
  });
  expect(response.headers.get("Retry-After")).toBe(String(12 * 60 * 60));
}

test("new owners share the bytes of a day to the last one", async () => {
  await onNewDay(async () => {
    const all = await Promise.all(Array.from({ length: 9 }, () => create(100)));
    expect(all.map(({ status }) => status)).toEqual(all.map(() => 201));
    await expectExceeded(await create(101), "bytes");
    await created(await create(100));
    await expectExceeded(await create(1), "bytes");
  });
  await onNewDay(async () => void (await created(await create(1000))));
});

test("an owner takes more than one object has, and a refused call takes nothing", async () => {
  await onNewDay(async () => {
    await expectExceeded(await create(1001), "bytes");
    expect((await create(700)).status).toBe(201);
    await expectExceeded(await create(301), "bytes");
    expect((await create(300)).status).toBe(201);
  });
});

test("files count as well, and owners with a grant have their own quota only", async () => {
  const three = { ANONYMOUS_FILES_PER_DAY: "3", ANONYMOUS_BYTES_PER_DAY: "0" };
  await onNewDay(async () => {
    for (const _ of [1, 2, 3]) expect((await create(5, undefined, three)).status).toBe(201);
    await expectExceeded(await create(5, undefined, three), "files");
    expect((await create(5, await grantFor({ exp: day / 1000 + 60 }), three)).status).toBe(201);
  });
});

test("declared files count once per call, under the token of the batch", async () => {
  await onNewDay(async () => {
    const batch = await created(await create(400));
    for (const _ of [1, 2]) expect((await declare(batch, 500, "a")).status).toBe(201);
    await expectExceeded(await declare(batch, 101, "b"), "bytes");
    expect((await declare(batch, 100, "c")).status).toBe(201);
    await expectExceeded(await create(1, batch.tokens.owner), "bytes");
  });
});

test("an object that can't be reached refuses", async () => {
  await onNewDay(async () => {
    const take = vi.spyOn(OwnerClient.prototype, "takeShare").mockRejectedValue(new Error("lost"));
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    expect(await readProblem(await create(1))).toMatchObject({ status: 503, code: "busy" });
    take.mockRestore();
    warn.mockRestore();
    expect((await create(1)).status).toBe(201);
  });
});

test("a refused batch is not in its owner's list", async () => {
  await onNewDay(async () => {
    const batch = await created(await create(1000));
    await expectExceeded(await create(1, batch.tokens.owner), "bytes");
    const list = await callWith({}, "/v1/batches", { headers: bearer(batch.tokens.owner ?? "") });
    expect(await list.json()).toMatchObject({ batches: [{ id: batch.id }] });
  });
});
