import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { type Owner, OwnerClient } from "../../durable-objects/index.ts";
import {
  type BatchList,
  type BundleResponse,
  type CreatedBatch,
  LIMITS,
  type PlainUpload,
} from "../../protocol/index.ts";
import { ownerKey } from "../auth/owner.ts";
import { call, readProblem } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";
import { bearer, grantFor } from "../testing/grants.ts";

type Quotas = Partial<
  Pick<Env, "QUOTA_OPEN_BATCHES" | "QUOTA_FILES_PER_DAY" | "QUOTA_BYTES_PER_DAY">
>;

let owner: string;
let grant: string;

beforeEach(async () => {
  owner = crypto.randomUUID();
  grant = await grantFor({}, owner);
});

const filesOf = (sizes: readonly number[]) => sizes.map((size) => ({ name: `${size}`, size }));

function create(quotas: Quotas, sizes: readonly number[], token = grant): Promise<Response> {
  const body = JSON.stringify({ files: filesOf(sizes), sealed: false });
  return callWith(quotas, "/v1/batches", { method: "POST", body, headers: bearer(token) });
}

async function created(quotas: Quotas, sizes: readonly number[]): Promise<CreatedBatch> {
  const response = await create(quotas, sizes);
  if (response.status !== 201) throw new Error(await response.text());
  return response.json<CreatedBatch>();
}

function send(quotas: Quotas, { links, tokens }: CreatedBatch, path: string, init: RequestInit) {
  return callWith(quotas, `${links.self}${path}`, { ...init, headers: bearer(tokens.write) });
}

function add(quotas: Quotas, batch: CreatedBatch, sizes: readonly number[]): Promise<Response> {
  const body = JSON.stringify({ files: filesOf(sizes) });
  return send(quotas, batch, "/files", { method: "POST", body });
}

/** Sends a form with files of these sizes. */
function sendForm(quotas: Quotas, sizes: readonly number[]): Promise<Response> {
  const body = new FormData();
  for (const size of sizes) body.append("f", new Blob(["x".repeat(size)]));
  return callWith(quotas, "/v1/upload", { method: "POST", body, headers: bearer(grant) });
}

/** Expects `quota_exceeded`. Returns its `Retry-After` in seconds. */
async function expectExceeded(response: Response): Promise<number> {
  expect(await readProblem(response)).toMatchObject({ status: 429, code: "quota_exceeded" });
  return Number(response.headers.get("Retry-After"));
}

async function evict(): Promise<void> {
  await evictDurableObject(env.OWNER.get(env.OWNER.idFromName(await ownerKey(owner))));
}

describe("a quota of open batches", () => {
  const TWO = { QUOTA_OPEN_BATCHES: "2" };

  test("refuses with a minute to wait, and allows a batch after another has ended", async () => {
    const first = await created(TWO, [1]);
    await created(TWO, [1]);
    expect(await expectExceeded(await create(TWO, [1]))).toBe(60);
    await send(TWO, first, "/cancel", { method: "POST" });
    await runDurableObjectAlarm(env.BATCH.getByName(first.id));
    await expect.poll(async () => (await create(TWO, [1])).status).toBe(201);
    await expectExceeded(await create(TWO, [1]));
  });

  test("applies to each owner separately", async () => {
    for (const _ of [1, 2]) await created(TWO, [1]);
    await expectExceeded(await create(TWO, [1]));
    const other = await grantFor({}, `${owner}-2`);
    expect((await create(TWO, [1], other)).status).toBe(201);
  });

  test("applies to forms", async () => {
    for (const _ of [1, 2]) await created(TWO, [1]);
    expect(await expectExceeded(await sendForm(TWO, [1]))).toBe(60);
  });

  test("is exact for concurrent requests and across evictions", async () => {
    const five = { QUOTA_OPEN_BATCHES: "5" };
    const statuses: number[] = [];
    for (let round = 0; round < 3; round++) {
      const responses = await Promise.all([1, 2, 3].map(() => create(five, [1])));
      statuses.push(...responses.map(({ status }) => status));
      await evict();
    }
    const count = (status: number) => statuses.filter((answered) => answered === status).length;
    expect([count(201), count(429)]).toEqual([5, 4]);
  });
});

describe.each([
  ["files", { QUOTA_FILES_PER_DAY: "3" }, [1, 1], [1, 1]],
  ["bytes", { QUOTA_BYTES_PER_DAY: "100" }, [60], [41]],
] as const)("a quota of %s a day", (_, quota, allowed, more) => {
  test("refuses with the seconds until tomorrow, and creates nothing", async () => {
    const batch = await created(quota, allowed);
    const seconds = await expectExceeded(await create(quota, more));
    const tomorrow = new Date(Date.now() + seconds * 1000).toISOString();
    expect(tomorrow).toMatch(/T(?:23:59:5|00:00:0)/u);
    const response = await call("/v1/batches", { headers: bearer(grant) });
    expect(await response.json()).toMatchObject({ batches: [{ id: batch.id }] });
  });

  test("counts added files, and refuses a declaration as a whole", async () => {
    const batch = await created(quota, allowed);
    await evict();
    await expectExceeded(await add(quota, batch, more));
    const status = await send(quota, batch, "", {});
    expect(await status.json()).toMatchObject({ totals: { files: allowed.length } });
    expect((await add(quota, batch, [1])).status).toBe(201);
  });

  test("still accepts the content of declared files", async () => {
    const batch = await created(quota, allowed);
    await expectExceeded(await add(quota, batch, more));
    const form = new FormData();
    form.set("0", new Blob(["x".repeat(allowed[0])]));
    const response = await send(quota, batch, "/bundle", { method: "POST", body: form });
    expect(await response.json()).toMatchObject({
      files: [{ id: 0, state: "completed", size: allowed[0] }],
    });
  });

  test("counts the files of a form, and removes the form that exceeds it", async () => {
    const response = await sendForm(quota, allowed);
    expect(response.status).toBe(201);
    const { batch } = await response.json<PlainUpload>();
    const keys = async () => (await env.BUCKET.list()).objects.map(({ key }) => key);
    const before = await keys();
    await expectExceeded(await sendForm(quota, more));
    const list = await call("/v1/batches", { headers: bearer(grant) });
    expect(await list.json()).toMatchObject({ batches: [{ id: batch.id }] });
    expect(await keys()).toEqual(before);
    expect((await sendForm(quota, [1])).status).toBe(201);
  });

  test("is not used by files that are refused at declaration", async () => {
    const tooLarge = LIMITS.fileBytes + 1;
    const batch = await created(quota, [tooLarge, tooLarge, tooLarge, tooLarge]);
    expect((await add(quota, batch, [tooLarge])).status).toBe(201);
    expect((await add(quota, batch, allowed)).status).toBe(201);
  });
});

describe("the quota of a batch that has ended", () => {
  const HUNDRED = { QUOTA_BYTES_PER_DAY: "100" };

  /** Sends the file in a bundle. Returns its result. */
  async function sendFile(batch: CreatedBatch, bytes: number): Promise<unknown> {
    const form = new FormData();
    form.set("0", new Blob(["x".repeat(bytes)]));
    const response = await send(HUNDRED, batch, "/bundle", { method: "POST", body: form });
    return (await response.json<BundleResponse>()).files[0];
  }

  async function end(batch: CreatedBatch, state: string): Promise<void> {
    await send(HUNDRED, batch, "", { method: "PATCH", body: JSON.stringify({ sealed: true }) });
    await runDurableObjectAlarm(env.BATCH.getByName(batch.id));
    const states = async () => {
      const response = await call("/v1/batches", { headers: bearer(grant) });
      const { batches } = await response.json<BatchList>();
      return batches.find(({ id }) => id === batch.id)?.state;
    };
    await expect.poll(states).toBe(state);
  }

  test("stays reserved for a file that failed on purpose, which is then sent", async () => {
    const batch = await created(HUNDRED, [60]);
    expect(await sendFile(batch, 59)).toMatchObject({ error: { code: "size_mismatch" } });
    await end(batch, "completed");
    await expectExceeded(await create(HUNDRED, [41]));
    expect(await sendFile(batch, 60)).toMatchObject({ state: "completed", size: 60 });
    await end(batch, "completed");
    await expectExceeded(await create(HUNDRED, [41]));
    expect((await create(HUNDRED, [40])).status).toBe(201);
  });

  test("is returned for a failed file once its batch is deleted", async () => {
    const batch = await created(HUNDRED, [60]);
    expect(await sendFile(batch, 59)).toMatchObject({ error: { code: "size_mismatch" } });
    await end(batch, "completed");
    await send(HUNDRED, batch, "", { method: "DELETE" });
    expect((await create(HUNDRED, [100])).status).toBe(201);
  });
});

describe("an idempotency key", () => {
  const HUNDRED = { QUOTA_BYTES_PER_DAY: "100" };

  function declare(batch: CreatedBatch, key: string, body: object): Promise<Response> {
    const headers = { ...bearer(batch.tokens.write), "Idempotency-Key": key };
    const init = { method: "POST", body: JSON.stringify(body), headers };
    return callWith(HUNDRED, `${batch.links.self}/files`, init);
  }

  test("of a refused call reserves nothing, and counts the files of the next call", async () => {
    const batch = await created(HUNDRED, [1]);
    const refused = await declare(batch, "key", { files: filesOf([1]), firstFile: 7 });
    expect(await readProblem(refused)).toMatchObject({ code: "files_added" });
    await expectExceeded(await declare(batch, "key", { files: filesOf([100]) }));
    expect((await declare(batch, "key", { files: filesOf([99]) })).status).toBe(201);
    await expectExceeded(await create(HUNDRED, [1]));
  });

  test("of an older call counts no files again", async () => {
    const batch = await created(HUNDRED, [1]);
    for (const key of ["a", "b", "a", "b"]) {
      expect((await declare(batch, key, { files: filesOf([20]) })).status).toBe(201);
    }
    expect((await create(HUNDRED, [59])).status).toBe(201);
  });

  test("is confirmed to the owner by the batch's next event", async () => {
    const batch = await created(HUNDRED, [1]);
    const object = env.OWNER.get(env.OWNER.idFromName(await ownerKey(owner)));
    const pending = () =>
      runInDurableObject(object, ({ account }: Owner) =>
        account.batches.flatMap((listed) => Object.values(listed.pending ?? {})),
      );
    await declare(batch, "a", { files: filesOf([60]) });
    expect(await pending()).toMatchObject([{ files: 1, bytes: 60 }]);
    expect(await runDurableObjectAlarm(env.BATCH.getByName(batch.id))).toBe(true);
    expect(await pending()).toEqual([]);
  });
});

test("files that get room while the owner is asked need quota", async () => {
  const quotas = { QUOTA_BYTES_PER_DAY: "150" };
  grant = await grantFor({ limits: { maxBytes: 100 } }, owner);
  const batch = await created(quotas, [100]);
  await send(quotas, batch, "/files/0", { method: "PUT", body: "x".repeat(100) });
  const asked = vi.spyOn(OwnerClient.prototype, "reserveFiles");
  asked.mockImplementation(async function deleteFirst(this: OwnerClient, files) {
    asked.mockRestore();
    await send(quotas, batch, "/files/0", { method: "DELETE" });
    return this.reserveFiles(files);
  });
  await expectExceeded(await add(quotas, batch, [100]));
  expect((await add(quotas, batch, [50])).status).toBe(201);
});
