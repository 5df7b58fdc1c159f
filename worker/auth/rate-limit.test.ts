import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { readProblem, TestBatch } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";
import { CREDENTIALS } from "../testing/credentials.ts";
import { bearer } from "../testing/grants.ts";
import { formBody, formRequest } from "../testing/multipart.ts";
import { RecordedRates } from "../testing/recorded-rates.ts";
import { FILES, requestFor, ROUTE_CASES, tokenFor } from "../testing/route-cases.ts";
import { tokenKey } from "./rate-limit.ts";

const ADDRESS = "192.0.2.9";
const FORM = formRequest(formBody([{ name: 0, bytes: "x" }]));

/** Returns headers of a request from an address of its own. */
function from(address: string, token: string, headers: RequestInit["headers"] = {}) {
  return { ...Object.fromEntries(new Headers(headers)), ...sender(address), ...bearer(token) };
}

function sender(address: string) {
  return { "CF-Connecting-IP": address };
}

function randomAddress(): string {
  return `192.0.2.${crypto.getRandomValues(new Uint8Array(4)).join(".")}`;
}

async function expectRefusal(response: Response): Promise<void> {
  expect(response.headers.get("Retry-After")).toBe("10");
  expect(await readProblem(response)).toMatchObject({ status: 429, code: "rate_limited" });
}

/** Closes the socket and cancels the body of a response. */
async function statusOf(response: Response): Promise<number> {
  response.webSocket?.accept();
  response.webSocket?.close();
  await response.body?.cancel();
  return response.status;
}

async function newBatch(): Promise<TestBatch> {
  const batch = await TestBatch.create(FILES, { sealed: false });
  await batch.put(0, "x");
  return batch;
}

describe("each route", () => {
  const limited = ROUTE_CASES.filter(({ rate }) => rate !== null);
  test.each(limited)("$route counts by token and address: $rate", async (routeCase) => {
    const { rate, success } = routeCase;
    const batch = await newBatch();
    const { path, init } = requestFor(routeCase, batch.id);
    const token = await tokenFor(routeCase, batch.created.tokens);
    const headers = from(ADDRESS, token, init.headers);
    const rates = new RecordedRates();
    expect(await statusOf(await callWith(rates.bindings, path, { ...init, headers }))).toBe(
      success,
    );
    expect(rates.counted).toEqual([
      [rate, await tokenKey(token)],
      [rate, ADDRESS],
    ]);
  });

  test.each(limited)("$route is refused beyond the limit of either", async (routeCase) => {
    const batch = await newBatch();
    const { rev } = await batch.status();
    const { path, init } = requestFor(routeCase, batch.id);
    const token = await tokenFor(routeCase, batch.created.tokens);
    const headers = from(ADDRESS, token, init.headers);
    for (const exceeded of [ADDRESS, await tokenKey(token)]) {
      const rates = new RecordedRates((key) => key !== exceeded);
      await expectRefusal(await callWith(rates.bindings, path, { ...init, headers }));
    }
    expect((await batch.status()).rev).toBe(rev);
  });

  const unlimited = ROUTE_CASES.filter(({ rate }) => rate === null);
  test.each(unlimited)("$route has no limit", async (routeCase) => {
    const { path, init } = requestFor(routeCase, "0123");
    const rates = new RecordedRates();
    const response = await callWith(rates.bindings, path, init);
    expect(await statusOf(response)).toBe(routeCase.success);
    expect(rates.counted).toEqual([]);
  });
});

describe("a request without a valid token of the batch", () => {
  let batch: TestBatch;
  let other: TestBatch;
  beforeAll(async () => {
    [batch, other] = [await newBatch(), await newBatch()];
  });

  const refused = new Set(["nothing", "invalid", "foreign"]);
  const credentials = CREDENTIALS.filter(({ kind }) => refused.has(kind));
  const routes = ROUTE_CASES.filter(({ access }) => access !== "anyone" && access !== "visitor");
  const cases = routes.flatMap((routeCase) =>
    credentials.map((credential) => ({ routeCase, credential })),
  );

  test.each(cases)(
    "is not counted: $routeCase.route with $credential.name",
    async ({ routeCase, credential }) => {
      const { path, init } = requestFor(routeCase, batch.id);
      const { scheme = "Bearer" } = credential;
      const token = await credential.tokenOf(batch, other);
      const headers = new Headers(init.headers);
      if (token !== "") headers.set("Authorization", `${scheme} ${token}`.trim());
      const rates = new RecordedRates();
      const settings = { ...rates.bindings, ACCESS: "grant" } as const;
      const status = await statusOf(await callWith(settings, path, { ...init, headers }));
      expect([401, 403]).toContain(status);
      expect(rates.counted).toEqual([]);
    },
  );
});

describe("a token's own limit", () => {
  test("is the same however its signature is written", async () => {
    const { created } = await TestBatch.create([1]);
    const token = created.tokens.write;
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const last = alphabet.indexOf(token.at(-1) ?? "");
    // The last of 43 characters has two bits that decoders ignore.
    const written = [0, 1, 2, 3].map((bits) => token.slice(0, -1) + alphabet[(last & 60) + bits]);
    const rates = new RecordedRates();
    for (const each of written) {
      const headers = from(ADDRESS, each);
      await statusOf(await callWith(rates.bindings, created.links.self, { headers }));
    }
    const keys = new Set(rates.counted.map(([, key]) => key).filter((key) => key !== ADDRESS));
    expect([...keys]).toEqual([await tokenKey(token)]);
  });

  test("is not that of an earlier token, which its holder may still send after its end", async () => {
    const { created } = await TestBatch.create([1]);
    const headers = bearer(created.tokens.owner ?? "");
    const body = JSON.stringify({ scopes: ["write"], revoke: ["write"] });
    const path = `${created.links.self}/tokens`;
    const renewed = await callWith({}, path, { method: "POST", headers, body });
    const { write } = await renewed.json<{ write: string }>();
    expect(await tokenKey(write)).not.toBe(await tokenKey(created.tokens.write));
  });

  test("does not apply to read tokens, which many people share", async () => {
    const { created } = await TestBatch.create([1]);
    const rates = new RecordedRates();
    const headers = from(ADDRESS, created.tokens.read);
    await statusOf(await callWith(rates.bindings, created.links.self, { headers }));
    expect(rates.counted).toEqual([["POLL_RATE", ADDRESS]]);
  });

  test("when exceeded, takes nothing from the limit of the client's network", async () => {
    const { created } = await TestBatch.create([1]);
    const key = await tokenKey(created.tokens.write);
    const rates = new RecordedRates((each) => each !== key);
    const headers = from(ADDRESS, created.tokens.write);
    await expectRefusal(await callWith(rates.bindings, created.links.self, { headers }));
    expect(rates.counted).toEqual([["POLL_RATE", key]]);
  });
});

test("a status that may wait counts as a long poll", async () => {
  const { created } = await TestBatch.create([1]);
  const rates = new RecordedRates();
  const headers = from(ADDRESS, created.tokens.read);
  const response = await callWith(rates.bindings, `${created.links.self}?since=0&wait=1`, {
    headers,
  });
  expect(await statusOf(response)).toBe(200);
  expect(rates.counted).toEqual([["LONG_POLL_RATE", ADDRESS]]);
});

test("batches of anonymous owners count by address", async () => {
  const rates = new RecordedRates();
  for (const headers of [sender(ADDRESS), sender("")]) {
    const init = { method: "POST", body: "{}", headers };
    expect(await statusOf(await callWith(rates.bindings, "/v1/batches", init))).toBe(201);
  }
  expect(rates.counted).toEqual([
    ["CREATE_RATE", ADDRESS],
    ["CREATE_RATE", "unknown"],
  ]);
});

test("requests are allowed if the binding is missing or fails", async () => {
  const { created } = await TestBatch.create([1]);
  const headers = { ...FORM.headers, ...bearer(created.tokens.write) };
  const failing = { limit: () => Promise.reject(new Error("unreachable")) };
  for (const UPLOAD_RATE of [undefined, failing]) {
    const response = await callWith({ UPLOAD_RATE }, created.links.bundle, { ...FORM, headers });
    expect(await statusOf(response)).toBe(200);
  }
});

describe("the limits of wrangler.toml", () => {
  /** Uses up the rest of a limit. */
  async function exhaust(limiter: RateLimit, key: string): Promise<void> {
    const calls = Array.from({ length: 50 }, () => null);
    for (let hasMore = true; hasMore;) {
      const outcomes = await Promise.all(calls.map(() => limiter.limit({ key })));
      hasMore = outcomes.every(({ success }) => success);
    }
  }

  /** Returns the response to a request over the limit, which resets every ten seconds. */
  async function exceed(key: string, send: () => Promise<Response>): Promise<Response> {
    for (let tries = 1; ; tries++) {
      await exhaust(env.UPLOAD_RATE, key);
      const response = await send();
      if (response.status === 429 || tries === 5) return response;
      await statusOf(response);
    }
  }

  test("stop uploads of one token from every address, and no others", async () => {
    const [batch, other] = [await TestBatch.create([1]), await TestBatch.create([1])];
    const address = randomAddress();
    const send = ({ created }: TestBatch, by: string) => {
      const headers = from(by, created.tokens.write, FORM.headers);
      return callWith({}, created.links.bundle, { ...FORM, headers });
    };
    const key = await tokenKey(batch.created.tokens.write);
    await expectRefusal(await exceed(key, () => send(batch, address)));
    expect((await batch.status()).totals.completed).toBe(0);
    expect(await statusOf(await send(other, address))).toBe(200);
  });

  test("stop uploads from one address with every token, and no others", async () => {
    const batch = await TestBatch.create([1, 1]);
    const address = randomAddress();
    const send = (by: string) => {
      const headers = from(by, batch.created.tokens.write, FORM.headers);
      return callWith({}, batch.created.links.bundle, { ...FORM, headers });
    };
    await expectRefusal(await exceed(address, () => send(address)));
    expect((await batch.status()).totals.completed).toBe(0);
    expect(await statusOf(await send(randomAddress()))).toBe(200);
  });
});
