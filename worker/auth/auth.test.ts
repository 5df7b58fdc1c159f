import { beforeAll, describe, expect, test } from "vitest";
import type { BatchResource } from "../../protocol/index.ts";
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
import { grantFor, operatorToken } from "../testing/grants.ts";

/** `ended`: 401 with another code than `unauthorized`. */
type Outcome = "success" | "ended" | 401 | 403;

/** The outcome for credentials that a row does not name. */
const UNNAMED: Record<CredentialKind, Outcome> = {
  nothing: 401,
  invalid: 401,
  grant: 401,
  creating: 401,
  listing: 401,
  none: 401,
  operator: 401,
  owner: 401,
  otherOwner: 401,
  write: 401,
  read: 401,
  endedWrite: 401,
  endedRead: 401,
  foreign: 401,
};
const GRANTS = {
  grant: "success",
  creating: "success",
  listing: "success",
  none: "success",
} as const;
const OWNERS = { owner: "success", otherOwner: "success" } as const;

/** The outcome for each credential at each access level, with `ACCESS = "grant"`. */
const OUTCOMES: Record<AccessLevel, Partial<Record<CredentialKind, Outcome>>> = {
  anyone: {
    ...GRANTS,
    ...OWNERS,
    nothing: "success",
    invalid: "success",
    operator: "success",
    write: "success",
    read: "success",
    endedWrite: "success",
    endedRead: "success",
    foreign: "success",
  },
  visitor: { ...GRANTS, ...OWNERS, nothing: "success" },
  owner: { ...GRANTS, ...OWNERS, creating: 403, none: 403 },
  creator: { ...GRANTS, listing: 403, none: 403 },
  reader: {
    write: "success",
    read: "success",
    endedWrite: "ended",
    endedRead: "ended",
    foreign: 403,
  },
  writer: { write: "success", read: 403, endedWrite: "ended", endedRead: 403, foreign: 403 },
  operator: { operator: "success" },
  renewer: {
    grant: 403,
    creating: 403,
    listing: 403,
    none: 403,
    owner: "success",
    otherOwner: 403,
    write: "success",
    read: 403,
    endedWrite: "ended",
    endedRead: 403,
    foreign: 403,
  },
};

/** Credentials that create a batch only with `ACCESS = "open"`. */
const ANONYMOUS: ReadonlySet<CredentialKind> = new Set(["nothing", "owner", "otherOwner"]);

function outcomeOf(
  access: Env["ACCESS"],
  { access: level, operator }: RouteCase,
  { kind }: Credential,
): Outcome {
  if (operator && kind === "operator") return "success";
  const isOpen = access === "open" && level === "creator" && ANONYMOUS.has(kind);
  if (isOpen) return "success";
  return OUTCOMES[level][kind] ?? UNNAMED[kind];
}

/** Returns the status and the code of a refusal. */
function refusalOf(outcome: Outcome): { status: number; code: string } {
  if (outcome === "ended") return { status: 401, code: "token_revoked" };
  return outcome === 403
    ? { status: 403, code: "forbidden" }
    : { status: 401, code: "unauthorized" };
}

async function newBatch(): Promise<TestBatch> {
  const batch = await TestBatch.create(FILES, { sealed: false });
  await batch.put(0, "x");
  return batch;
}

/** Closes the socket and cancels the body of a response. */
async function close(response: Response): Promise<void> {
  response.webSocket?.accept();
  response.webSocket?.close();
  await response.body?.cancel();
}

test("ROUTE_CASES lists every route of the app", () => {
  const routes = app.routes.filter(({ method }) => method !== "ALL");
  const listed = new Set(routes.map(({ method, path }) => `${method} ${path}`));
  expect(ROUTE_CASES.map(({ route }) => route).toSorted()).toEqual([...listed].toSorted());
});

describe.each(["open", "grant"] as const)("with ACCESS = %s", (access) => {
  /** A batch that no request may change, and a batch of another owner. */
  let batch: TestBatch;
  let other: TestBatch;

  beforeAll(async () => {
    [batch, other] = await Promise.all([newBatch(), newBatch()]);
  });

  // ACCESS only matters for creating batches.
  const routeCases =
    access === "open"
      ? ROUTE_CASES
      : ROUTE_CASES.filter(({ access: level }) => level === "creator");
  const cases = routeCases.flatMap((routeCase) =>
    CREDENTIALS.map((credential) => ({
      routeCase,
      credential,
      outcome: outcomeOf(access, routeCase, credential),
    })),
  );

  async function request(
    target: TestBatch,
    routeCase: RouteCase,
    credential: Credential,
  ): Promise<Response> {
    const { path, init } = requestFor(routeCase, target.id);
    const headers = new Headers(init.headers);
    const token = await credential.tokenOf(target, other);
    const { scheme = "Bearer" } = credential;
    if (token !== "") headers.set("Authorization", `${scheme} ${token}`.trim());
    return callWith({ ACCESS: access }, path, { ...init, headers });
  }

  const allowed = cases.filter(({ outcome }) => outcome === "success");
  test.each(allowed)(
    "$routeCase.route allows $credential.name",
    async ({ routeCase, credential }) => {
      const response = await request(await newBatch(), routeCase, credential);
      expect(response.status).toBe(routeCase.success);
      await close(response);
    },
  );

  const refused = cases.filter(({ outcome }) => outcome !== "success");
  test.each(refused)(
    "$routeCase.route refuses $credential.name: $outcome",
    async ({ routeCase, credential, outcome }) => {
      const response = await request(batch, routeCase, credential);
      const { status, code } = refusalOf(outcome);
      expect(response.headers.get("WWW-Authenticate")).toBe(status === 401 ? "Bearer" : null);
      expect(await readProblem(response)).toMatchObject({ status, code });
      // By a read token, which many people share: a fast machine exceeds the rate limit of the write token.
      const current = await call(`/v1/batches/${batch.id}?token=${batch.created.tokens.read}`);
      const { rev, uploaderGone }: BatchResource = await current.json();
      // These tests take longer than the time after which a batch without an uploader notes that.
      expect(rev).toBe(uploaderGone === undefined ? 2 : 3);
    },
  );
});

describe("a token in the query", () => {
  const routeCases = ROUTE_CASES.filter(
    ({ access: level }) => !["anyone", "visitor", "creator", "owner"].includes(level),
  );

  const KINDS = ["read", "live", "write", "owner", "operator"] as const;
  const tokenOf = ({ created }: TestBatch, kind: (typeof KINDS)[number]) =>
    kind === "operator" ? operatorToken() : created.tokens[kind];

  describe.each(KINDS)("of kind %s", (kind) => {
    test.each(routeCases)("reads at most: $route", async (routeCase) => {
      const batch = await newBatch();
      const { rev } = await batch.status();
      const { path, init } = requestFor(routeCase, batch.id);
      const isAllowed = routeCase.access === "reader" && (kind === "read" || kind === "live");
      const methods = isAllowed && routeCase.success === 200 ? ["GET", "HEAD"] : [init.method];
      for (const method of methods) {
        const address = `${path}?token=${await tokenOf(batch, kind)}`;
        const response = await call(address, { ...init, method });
        expect(response.status).toBe(isAllowed ? routeCase.success : 401);
        await close(response);
      }
      expect(await batch.status()).toMatchObject({ rev });
    });
  });

  test("creates and lists nothing", async () => {
    const token = await grantFor();
    for (const method of ["GET", "POST"]) {
      const init = { method, ...(method === "POST" && { body: "{}" }) };
      const response = await call(`/v1/batches?token=${token}`, init);
      expect(await readProblem(response)).toMatchObject({ status: 401, code: "unauthorized" });
    }
  });

  test.each(["Bearer hello", "Basic aGVsbG8=", "Bearer"])(
    "is ignored if the Authorization header is %j",
    async (header) => {
      const { created } = await TestBatch.create([1]);
      const headers = { Authorization: header };
      const response = await call(`${created.links.self}?token=${created.tokens.write}`, {
        headers,
      });
      expect(await readProblem(response)).toMatchObject({ status: 401, code: "unauthorized" });
    },
  );
});

test.each(["0123", "x".repeat(32), "../health", "0".repeat(33), "0".repeat(64)])(
  "the batch id %j is invalid, whatever the token",
  async (id) => {
    const { created } = await TestBatch.create([1]);
    const headers = { Authorization: `Bearer ${created.tokens.write}` };
    const response = await call(`/v1/batches/${encodeURIComponent(id)}`, { headers });
    expect(await readProblem(response)).toMatchObject({ status: 404, code: "batch_not_found" });
  },
);

test("batch ids share no prefix and no suffix", async () => {
  const batches = await Promise.all(Array.from({ length: 50 }, () => TestBatch.create()));
  const ids = batches.map(({ id }) => id);
  expect(new Set(ids.map((id) => id.slice(0, 8))).size).toBe(50);
  expect(new Set(ids.map((id) => id.slice(-8))).size).toBe(50);
});

describe("a token whose header has a type that is no text", () => {
  const TYPES = [5, true, {}, [["JWT"]], null];
  const routes = ROUTE_CASES.filter(({ access }) => access !== "anyone");

  test.each(TYPES)("is refused by every route: %j", async (typ) => {
    const batch = await TestBatch.create(FILES);
    const header = { alg: "HS256", typ };
    const token = `${[header, { sub: "a", exp: 2 ** 32 }].map(base64).join(".")}.c2lnbmF0dXJl`;
    for (const route of routes) {
      const { path, init } = requestFor(route, batch.id);
      const headers = new Headers(init.headers);
      headers.set("Authorization", `Bearer ${token}`);
      const { status, code } = await readProblem(await call(path, { ...init, headers }));
      expect([route.route, status, code]).toEqual([route.route, 401, "unauthorized"]);
    }
  });
});

function base64(value: object): string {
  return btoa(JSON.stringify(value)).replaceAll("=", "");
}

test("a grant for a name that is not well-formed is refused, as others would share its owner", async () => {
  for (const sub of ["\ud800", "a\udfff"]) {
    const headers = { Authorization: `Bearer ${await grantFor({}, sub)}` };
    const refused = await readProblem(await call("/v1/batches", { headers }));
    expect(refused).toMatchObject({ status: 401, code: "unauthorized" });
  }
});

test("an address may contain one token only, and none that changes something, even beside a header", async () => {
  const { id, created } = await TestBatch.create(FILES);
  const { read, write } = created.tokens;
  const self = `/v1/batches/${id}`;
  const headers = { Authorization: `Bearer ${write}` };
  const statusOf = async (query: string, init = {}) => (await call(self + query, init)).status;
  expect(await statusOf(`?token=${read}`)).toBe(200);
  expect(await statusOf(`?token=${read}`, { headers })).toBe(200);
  for (const query of [`?token=${read}&token=${write}`, `?token=${read}&token=${read}`])
    expect([query, await statusOf(query)]).toEqual([query, 401]);
  expect(await statusOf(`?token=${write}`, { headers })).toBe(401);
  const grant = await grantFor();
  const owner = { headers: { Authorization: `Bearer ${grant}` } };
  expect((await call(`/v1/batches?token=${grant}`, owner)).status).toBe(401);
});
