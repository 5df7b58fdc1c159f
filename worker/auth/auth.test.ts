import { beforeAll, describe, expect, test } from "vitest";
import { app } from "../app.ts";
import { call, readProblem, TestBatch } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";
import {
  type RouteCase,
  ROUTE_CASES,
  FILES,
  type AccessLevel,
  requestFor,
} from "../testing/route-cases.ts";
import { type Credential, CREDENTIALS, type CredentialKind } from "../testing/credentials.ts";

type Outcome = "success" | 401 | 403;

/** What becomes of whom at which door, where a grant is needed. */
const OUTCOMES: Record<AccessLevel, Record<CredentialKind, Outcome>> = {
  anyone: {
    nothing: "success",
    worthless: "success",
    grant: "success",
    write: "success",
    read: "success",
    foreign: "success",
  },
  owner: { nothing: 401, worthless: 401, grant: "success", write: 401, read: 401, foreign: 401 },
  creator: { nothing: 401, worthless: 401, grant: "success", write: 401, read: 401, foreign: 401 },
  reader: {
    nothing: 401,
    worthless: 401,
    grant: 401,
    write: "success",
    read: "success",
    foreign: 403,
  },
  writer: { nothing: 401, worthless: 401, grant: 401, write: "success", read: 403, foreign: 403 },
};

function outcomeOf(
  access: Env["ACCESS"],
  { access: opener }: RouteCase,
  { kind }: Credential,
): Outcome {
  const isOpen = access === "open" && opener === "creator" && kind === "nothing";
  return isOpen ? "success" : OUTCOMES[opener][kind];
}

async function newBatch(): Promise<TestBatch> {
  const batch = await TestBatch.create(FILES, { sealed: false });
  await batch.put(0, "x");
  return batch;
}

/** Closes what an answer has opened. */
async function close(answer: Response): Promise<void> {
  answer.webSocket?.accept();
  answer.webSocket?.close();
  await answer.body?.cancel();
}

test("every route of the app has its line in the table", () => {
  const routes = app.routes.filter(({ method }) => method !== "ALL");
  const listed = new Set(routes.map(({ method, path }) => `${method} ${path}`));
  expect(ROUTE_CASES.map(({ route }) => route).toSorted()).toEqual([...listed].toSorted());
});

describe.each(["open", "grant"] as const)("where ACCESS is %s", (access) => {
  /** What nobody may change here, and somebody else's. */
  let batch: TestBatch;
  let other: TestBatch;

  beforeAll(async () => {
    [batch, other] = await Promise.all([newBatch(), newBatch()]);
  });

  // All but creating is the same in both.
  const doors =
    access === "open"
      ? ROUTE_CASES
      : ROUTE_CASES.filter(({ access: opener }) => opener === "creator");
  const cases = doors.flatMap((door) =>
    CREDENTIALS.map((key) => ({ door, key, outcome: outcomeOf(access, door, key) })),
  );

  async function enter(target: TestBatch, door: RouteCase, key: Credential): Promise<Response> {
    const { path, init } = requestFor(door, target.id);
    const headers = new Headers(init.headers);
    const token = await key.tokenOf(target, other);
    const { scheme = "Bearer" } = key;
    if (token !== "") headers.set("Authorization", `${scheme} ${token}`.trim());
    return callWith({ ACCESS: access }, path, { ...init, headers });
  }

  const opened = cases.filter(({ outcome }) => outcome === "success");
  test.each(opened)("$door.route is opened by $key.name", async ({ door, key }) => {
    const answer = await enter(await newBatch(), door, key);
    expect(answer.status).toBe(door.success);
    await close(answer);
  });

  const shut = cases.filter(({ outcome }) => outcome !== "success");
  test.each(shut)("$door.route is shut to $key.name: $outcome", async ({ door, key, outcome }) => {
    const answer = await enter(batch, door, key);
    const code = outcome === 401 ? "unauthorized" : "forbidden";
    expect(answer.headers.get("WWW-Authenticate")).toBe(outcome === 401 ? "Bearer" : null);
    expect(await readProblem(answer)).toMatchObject({ status: outcome, code });
    expect(await batch.status()).toMatchObject({ rev: 2 });
  });
});

describe("a token in the address", () => {
  const doors = ROUTE_CASES.filter(
    ({ access: opener }) => opener === "reader" || opener === "writer",
  );

  test.each(doors)("opens what is read, and nothing that is changed: $route", async (door) => {
    const batch = await newBatch();
    const { path, init } = requestFor(door, batch.id);
    const answer = await call(`${path}?token=${batch.created.tokens.write}`, init);
    expect(answer.status).toBe(door.access === "reader" ? door.success : 401);
    await close(answer);
    expect(await batch.status()).toMatchObject({ rev: 2 });
  });

  test.each(["Bearer hello", "Basic aGVsbG8=", "Bearer"])(
    "is not looked at where the header says %j",
    async (header) => {
      const { created } = await TestBatch.create([1]);
      const headers = { Authorization: header };
      const answer = await call(`${created.links.self}?token=${created.tokens.write}`, { headers });
      expect(await readProblem(answer)).toMatchObject({ status: 401, code: "unauthorized" });
    },
  );
});

test.each(["0123", "x".repeat(32), "../health", "0".repeat(33), "0".repeat(64)])(
  "%j is no batch's id, whatever the token",
  async (id) => {
    const { created } = await TestBatch.create([1]);
    const headers = { Authorization: `Bearer ${created.tokens.write}` };
    const answer = await call(`/v1/batches/${encodeURIComponent(id)}`, { headers });
    expect(await readProblem(answer)).toMatchObject({ status: 404, code: "batch_not_found" });
  },
);

test("no two batches have ids that are alike, or that follow each other", async () => {
  const batches = await Promise.all(Array.from({ length: 50 }, () => TestBatch.create()));
  const ids = batches.map(({ id }) => id);
  expect(new Set(ids.map((id) => id.slice(0, 8))).size).toBe(50);
  expect(new Set(ids.map((id) => id.slice(-8))).size).toBe(50);
});
