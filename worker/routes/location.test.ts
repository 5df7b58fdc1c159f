import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from "vitest";
import { type CreatedBatch, LOCATION_HINTS, type PlainUpload } from "../../protocol/index.ts";
import { call, readProblem, TestBatch } from "../testing/batch.ts";
import { bearer, grantFor, grantWith } from "../testing/grants.ts";
import { formBody, formRequest } from "../testing/multipart.ts";

let stubs: MockInstance<typeof env.BATCH.getByName>;

beforeEach(() => {
  stubs = vi.spyOn(env.BATCH, "getByName");
});

afterEach(() => void vi.restoreAllMocks());

interface Creation {
  body?: unknown;
  grant?: string;
  key?: string;
}

function post({ body = {}, grant, key }: Creation): Promise<Response> {
  const headers = {
    ...(grant !== undefined && bearer(grant)),
    ...(key !== undefined && { "Idempotency-Key": key }),
  };
  return call("/v1/batches", { method: "POST", body: JSON.stringify(body), headers });
}

async function create(creation: Creation): Promise<TestBatch> {
  const response = await post(creation);
  expect(response.status).toBe(201);
  return TestBatch.of(await response.json<CreatedBatch>());
}

/** Returns the hint of each stub of a Batch since the last call. */
function takeHints(): unknown[] {
  const hints = stubs.mock.calls.map(([, options]) => options?.locationHint);
  stubs.mockClear();
  return hints;
}

test.each(LOCATION_HINTS)("a batch is placed in %s", async (location) => {
  const batch = await create({ body: { location } });
  expect([batch.created.location, takeHints()]).toEqual([location, [location]]);
  expect([(await batch.status()).location, takeHints()]).toEqual([location, [undefined]]);
});

test("a batch without a location is placed where the request came in", async () => {
  const batch = await create({});
  expect([batch.created.location, takeHints()]).toEqual([null, [undefined]]);
  expect((await batch.status()).location).toBe(null);
});

test("the platform places an object on its first call, so with a key every call has the hint", async () => {
  const key = crypto.randomUUID();
  const batch = await create({ body: { location: "oc" }, key });
  const hints = takeHints();
  expect(hints.length).toBeGreaterThan(1);
  expect(new Set(hints)).toEqual(new Set(["oc"]));
  expect(batch.created.location).toBe("oc");
});

test("a batch keeps its location when its object restarts", async () => {
  const batch = await create({ body: { location: "apac", files: [{ name: "a", size: 1 }] } });
  await evictDurableObject(env.BATCH.getByName(batch.id));
  expect((await batch.status()).location).toBe("apac");
});

describe("the location of a grant", () => {
  test("places a batch whose call asks for none", async () => {
    const batch = await create({ grant: await grantWith({ location: "weur" }) });
    expect([batch.created.location, takeHints()]).toEqual(["weur", ["weur"]]);
    expect((await batch.status()).location).toBe("weur");
  });

  test("yields to that of the call", async () => {
    const grant = await grantWith({ location: "weur" });
    const batch = await create({ body: { location: "sam" }, grant });
    expect([batch.created.location, takeHints()]).toEqual(["sam", ["sam"]]);
  });

  test("places the batch of a form", async () => {
    const form = formRequest(formBody([{ name: "f", filename: "a.txt", bytes: "hello" }]));
    const headers = { ...form.headers, ...bearer(await grantWith({ location: "me" })) };
    const response = await call("/v1/upload", { ...form, headers });
    expect((await response.json<PlainUpload>()).batch.location).toBe("me");
    expect(takeHints()[0]).toBe("me");
  });

  test("does not move the batch of an earlier call with the same key", async () => {
    const owner = crypto.randomUUID();
    const key = crypto.randomUUID();
    const grantIn = (location: string) => grantFor({ limits: { location } }, owner);
    const first = await create({ grant: await grantIn("afr"), key });
    const repeated = await create({ grant: await grantIn("enam"), key });
    expect(repeated.created).toEqual(first.created);
    expect(repeated.created.location).toBe("afr");
  });

  test.each(["EU", "apac-ne", "", null, ["weur"]])("is refused if it is %j", async (location) => {
    const problem = await readProblem(await post({ grant: await grantWith({ location }) }));
    expect(problem).toMatchObject({ status: 401, code: "unauthorized" });
    expect(problem.detail).toContain(`location must be one of ${LOCATION_HINTS.join(", ")}.`);
  });
});

test.each(["eu", "WEUR", "apac-ne", "weur ", "", null, 1, ["weur"], {}])(
  "the location %j is refused, and creates nothing",
  async (location) => {
    const problem = await readProblem(await post({ body: { location } }));
    expect(problem).toMatchObject({ status: 400, code: "malformed_request" });
    expect(problem.detail).toContain(`location must be one of ${LOCATION_HINTS.join(", ")}.`);
    expect(takeHints()).toEqual([]);
  },
);

test("a call with the same key and another location has another body", async () => {
  const key = crypto.randomUUID();
  await create({ body: { location: "weur" }, key });
  const problem = await readProblem(await post({ body: { location: "eeur" }, key }));
  expect(problem).toMatchObject({ status: 422, code: "idempotency_mismatch" });
});
