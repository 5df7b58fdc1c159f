import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { call, readProblem, TestBatch } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";
import { networkPrefix } from "./rate-limit.ts";
import { formBody, formRequest } from "../testing/multipart.ts";

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
    const answer = await send();
    if (answer.status === 429 || tries === 5) return answer;
    await answer.body?.cancel();
  }
}

async function expectRefusal(answer: Response): Promise<void> {
  expect(answer.headers.get("Retry-After")).toBe("10");
  const problem = await readProblem(answer);
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
    const answer = await exceed(env.UPLOAD_RATE, batch.id, () => batch.call(path, init));
    await expectRefusal(answer);
    expect((await batch.status()).totals.completed).toBe(0);
    expect((await other.put(0, "x")).status).toBe(200);
  });

  test("are not limited if the binding is missing or fails", async () => {
    const { created } = await TestBatch.create([1]);
    const headers = { ...form.headers, Authorization: `Bearer ${created.tokens.write}` };
    const failing = { limit: () => Promise.reject(new Error("no answer")) };
    for (const limiter of [undefined, failing]) {
      const settings = { UPLOAD_RATE: limiter };
      const answer = await callWith(settings, created.links.bundle, { ...form, headers });
      expect(answer.status).toBe(200);
      await answer.body?.cancel();
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
    const here = { "CF-Connecting-IP": address };
    await expectRefusal(await exceed(env.CREATE_RATE, address, () => create(here)));
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
      const answer = await open(`${address}.1`);
      expect(answer.status).toBe(how === "live" ? 101 : 200);
      answer.webSocket?.accept();
      answer.webSocket?.close();
      await answer.body?.cancel();
    },
  );
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
