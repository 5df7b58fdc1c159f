import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { type CreatedBatch, LIMITS } from "../../protocol/index.ts";
import { ownerKey, tokenSigner } from "../auth/guard.ts";
import { call, readProblem } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";
import { bearer, secondsFromNow } from "../testing/grants.ts";

type Quotas = Partial<
  Pick<Env, "QUOTA_OPEN_BATCHES" | "QUOTA_FILES_PER_DAY" | "QUOTA_BYTES_PER_DAY">
>;

let owner: string;
let grant: string;

beforeEach(async () => {
  owner = crypto.randomUUID();
  grant = await tokenSigner(env).signGrant(owner, secondsFromNow(3600));
});

const filesOf = (sizes: readonly number[]) => sizes.map((size) => ({ name: `${size}`, size }));

function create(quotas: Quotas, sizes: readonly number[], token = grant): Promise<Response> {
  const body = JSON.stringify({ files: filesOf(sizes), sealed: false });
  return callWith(quotas, "/v1/batches", { method: "POST", body, headers: bearer(token) });
}

async function created(quotas: Quotas, sizes: readonly number[]): Promise<CreatedBatch> {
  const answer = await create(quotas, sizes);
  if (answer.status !== 201) throw new Error(await answer.text());
  return answer.json<CreatedBatch>();
}

function send(quotas: Quotas, { links, tokens }: CreatedBatch, path: string, init: RequestInit) {
  return callWith(quotas, `${links.self}${path}`, { ...init, headers: bearer(tokens.write) });
}

function add(quotas: Quotas, batch: CreatedBatch, sizes: readonly number[]): Promise<Response> {
  const body = JSON.stringify({ files: filesOf(sizes) });
  return send(quotas, batch, "/files", { method: "POST", body });
}

/** @returns seconds after which to come again */
async function expectExcess(answer: Response): Promise<number> {
  expect(await readProblem(answer)).toMatchObject({ status: 429, code: "quota_exceeded" });
  return Number(answer.headers.get("Retry-After"));
}

async function evict(): Promise<void> {
  await evictDurableObject(env.OWNER.get(env.OWNER.idFromName(await ownerKey(owner))));
}

describe("a quota of open batches", () => {
  const TWO = { QUOTA_OPEN_BATCHES: "2" };

  test("is answered with a minute, and has room again when a batch has ended", async () => {
    const first = await created(TWO, [1]);
    await created(TWO, [1]);
    expect(await expectExcess(await create(TWO, [1]))).toBe(60);
    await send(TWO, first, "/cancel", { method: "POST" });
    await runDurableObjectAlarm(env.BATCH.getByName(first.id));
    await expect.poll(async () => (await create(TWO, [1])).status).toBe(201);
    await expectExcess(await create(TWO, [1]));
  });

  test("is one owner's, and no other's", async () => {
    for (const _ of [1, 2]) await created(TWO, [1]);
    await expectExcess(await create(TWO, [1]));
    const other = await tokenSigner(env).signGrant(`${owner}-2`, secondsFromNow(3600));
    expect((await create(TWO, [1], other)).status).toBe(201);
  });

  test("holds for a plain form too", async () => {
    for (const _ of [1, 2]) await created(TWO, [1]);
    const init = { method: "POST", body: new FormData(), headers: bearer(grant) };
    expect(await expectExcess(await callWith(TWO, "/v1/upload", init))).toBe(60);
  });

  test("is kept to by creates at once, with evictions in between", async () => {
    const five = { QUOTA_OPEN_BATCHES: "5" };
    const statuses: number[] = [];
    for (let round = 0; round < 3; round++) {
      const answers = await Promise.all([1, 2, 3].map(() => create(five, [1])));
      statuses.push(...answers.map(({ status }) => status));
      await evict();
    }
    const count = (status: number) => statuses.filter((answered) => answered === status).length;
    expect([count(201), count(429)]).toEqual([5, 4]);
  });
});

describe.each([
  ["files", { QUOTA_FILES_PER_DAY: "3" }, [1, 1], [1, 1]],
  ["bytes", { QUOTA_BYTES_PER_DAY: "100" }, [60], [41]],
] as const)("a quota of %s a day", (_, quota, most, more) => {
  test("is answered with the seconds until tomorrow, and nothing is made", async () => {
    const batch = await created(quota, most);
    const seconds = await expectExcess(await create(quota, more));
    const tomorrow = new Date(Date.now() + seconds * 1000).toISOString();
    expect(tomorrow).toMatch(/T(?:23:59:5|00:00:0)/u);
    const answer = await call("/v1/batches", { headers: bearer(grant) });
    expect(await answer.json()).toMatchObject({ batches: [{ id: batch.id }] });
  });

  test("counts what is added, and refuses it as a whole", async () => {
    const batch = await created(quota, most);
    await evict();
    await expectExcess(await add(quota, batch, more));
    const status = await send(quota, batch, "", {});
    expect(await status.json()).toMatchObject({ totals: { files: most.length } });
    expect((await add(quota, batch, [1])).status).toBe(201);
  });

  test("keeps nobody from sending what is declared", async () => {
    const batch = await created(quota, most);
    await expectExcess(await add(quota, batch, more));
    const form = new FormData();
    form.set("0", new Blob(["x".repeat(most[0])]));
    const answer = await send(quota, batch, "/bundle", { method: "POST", body: form });
    expect(await answer.json()).toMatchObject({ files: [[0, "completed", 100, most[0], null]] });
  });

  test("is not used up by what is refused at once", async () => {
    const tooLarge = LIMITS.fileBytes + 1;
    const batch = await created(quota, [tooLarge, tooLarge, tooLarge, tooLarge]);
    expect((await add(quota, batch, [tooLarge])).status).toBe(201);
    expect((await add(quota, batch, most)).status).toBe(201);
  });
});
