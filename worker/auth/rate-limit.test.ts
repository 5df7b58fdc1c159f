import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { afterEach, describe, expect, test, vi } from "vitest";
import { app } from "../app.ts";
import type { AppEnv } from "../context.ts";
import { call, ORIGIN, readProblem, TestBatch } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";
import { networkPrefix } from "./rate-limit.ts";
import { formBody, formRequest } from "../testing/multipart.ts";

afterEach(() => void vi.restoreAllMocks());

/** Uses up the rest of a limit. */
async function exhaust(limiter: RateLimit, key: string): Promise<void> {
  const calls = Array.from({ length: 50 }, () => null);
  for (let hasMore = true; hasMore;) {
    const outcomes = await Promise.all(calls.map(() => limiter.limit({ key })));
    hasMore = outcomes.every(({ success }) => success);
  }
}

/** Returns the response to a request over the limit, which resets every ten seconds. */
async function exceed(
  limiter: RateLimit,
  key: string,
  send: () => Promise<Response>,
): Promise<Response> {
  for (let tries = 1; ; tries++) {
    await exhaust(limiter, key);
    const response = await send();
    if (response.status === 429 || tries === 5) return response;
    await response.body?.cancel();
  }
}

async function expectRefusal(response: Response): Promise<void> {
  expect(response.headers.get("Retry-After")).toBe("10");
  const problem = await readProblem(response);
  expect(problem).toMatchObject({ status: 429, code: "rate_limited" });
}

describe("upload requests", () => {
  const form = formRequest(formBody([{ name: 0, bytes: "x" }]));

  test.each([
    ["/bundle", form],
    ["/files/0", { method: "PUT", body: "x" }],
    ["/files/0/parts/1", { method: "PUT", body: "x" }],
  ])("are limited by batch: %s", async (path, init) => {
    const [batch, other] = [await TestBatch.create([1]), await TestBatch.create([1])];
    const response = await exceed(env.UPLOAD_RATE, batch.id, () => batch.call(path, init));
    await expectRefusal(response);
    expect((await batch.status()).totals.completed).toBe(0);
    expect((await other.put(0, "x")).status).toBe(200);
  });

  test("are not limited if the binding is missing or fails", async () => {
    const { created } = await TestBatch.create([1]);
    const headers = { ...form.headers, Authorization: `Bearer ${created.tokens.write}` };
    const failing = { limit: () => Promise.reject(new Error("unreachable")) };
    for (const limiter of [undefined, failing]) {
      const settings = { UPLOAD_RATE: limiter };
      const response = await callWith(settings, created.links.bundle, { ...form, headers });
      expect(response.status).toBe(200);
      await response.body?.cancel();
    }
  });
});

describe("requests from one address", () => {
  const randomAddress = () => `192.0.2.${crypto.getRandomValues(new Uint8Array(1))[0]}`;

  test.each([
    ["/v1/batches", { body: "{}" }],
    ["/v1/upload", formRequest(formBody([{ name: "a", filename: "a", bytes: "x" }]))],
  ])("cannot create batches beyond the limit: %s", async (path, init) => {
    const address = randomAddress();
    const create = (from: Record<string, string>) =>
      call(path, {
        method: "POST",
        ...init,
        headers: { ...("headers" in init && init.headers), ...from },
      });
    const limited = { "CF-Connecting-IP": address };
    await expectRefusal(await exceed(env.CREATE_RATE, address, () => create(limited)));
    expect((await create({ "CF-Connecting-IP": `${address}.1` })).status).toBe(201);
    expect((await create({})).status).toBe(201);
  });

  test.each(["live", "events"] as const)(
    "cannot open sockets beyond the limit: %s",
    async (how) => {
      const address = randomAddress();
      const batch = await TestBatch.create([1]);
      const open = (from: string) =>
        batch.call(`/${how}`, { headers: { Upgrade: "websocket", "CF-Connecting-IP": from } });
      await expectRefusal(await exceed(env.SOCKET_RATE, address, () => open(address)));
      const response = await open(`${address}.1`);
      expect(response.status).toBe(how === "live" ? 101 : 200);
      response.webSocket?.accept();
      response.webSocket?.close();
      await response.body?.cancel();
    },
  );
});

describe("requests without an address", () => {
  const NONE = { "CF-Connecting-IP": "" };

  test("share one limit, and others have their own", async () => {
    const keys: string[] = [];
    const CREATE_RATE = {
      limit({ key }: RateLimitOptions) {
        keys.push(key);
        return Promise.resolve({ success: key === "192.0.2.9" });
      },
    };
    const create = (init: RequestInit) =>
      app.fetch(
        new Request(`${ORIGIN}/v1/batches`, { method: "POST", body: "{}", ...init }),
        { ...env, CREATE_RATE },
        createExecutionContext(),
      );
    await expectRefusal(await create({}));
    await expectRefusal(await create({ headers: NONE }));
    expect((await create({ headers: { "CF-Connecting-IP": "192.0.2.9" } })).status).toBe(201);
    expect(keys).toEqual(["unknown", "unknown", "192.0.2.9"]);
  });

  test("are reported once", async () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    vi.resetModules();
    const { clientAddress } = await import("./rate-limit.ts");
    const answers = new Hono<AppEnv>().get("/", (c) => c.text(clientAddress(c)));
    for (const headers of [{}, NONE, { "CF-Connecting-IP": "192.0.2.9" }, {}]) {
      await answers.request("/", { headers });
    }
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("CF-Connecting-IP"));
  });
});

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["2001:db8:0:1:2:3:4:5", "2001:db8:0:1"],
  ["2001:0DB8:0000:0001:0002:0003:0004:0005", "2001:db8:0:1"],
  ["2001:db8::1", "2001:db8:0:0"],
  ["2001:db8:1:2::", "2001:db8:1:2"],
  ["::1", "0:0:0:0"],
  ["::ffff:192.0.2.1", "0:0:0:0"],
])("%s counts as the network %s", (address, network) => {
  expect(networkPrefix(address)).toBe(network);
});
