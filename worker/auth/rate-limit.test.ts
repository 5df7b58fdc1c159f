import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { call, readProblem, TestBatch } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";
import { formBody, formRequest } from "../testing/multipart.ts";

/** Uses up what is left of a limit. */
async function exhaust(limiter: RateLimit, key: string): Promise<void> {
  const some = Array.from({ length: 50 }, () => null);
  for (let hasMore = true; hasMore;) {
    const outcomes = await Promise.all(some.map(() => limiter.limit({ key })));
    hasMore = outcomes.every(({ success }) => success);
  }
}

/** The answer to a request over the limit, which counts anew every ten seconds. */
async function refused(
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

describe("requests that bring a batch's files", () => {
  const form = formRequest(formBody([{ name: 0, bytes: "x" }]));

  test.each([
    ["/bundle", form],
    ["/files/0", { method: "PUT", body: "x" }],
    ["/files/0/parts/1", { method: "PUT", body: "x" }],
  ])("are limited, and no other batch's are: %s", async (path, init) => {
    const [batch, other] = [await TestBatch.create([1]), await TestBatch.create([1])];
    const answer = await refused(env.UPLOAD_RATE, batch.id, () => batch.call(path, init));
    await expectRefusal(answer);
    expect((await batch.status()).totals.completed).toBe(0);
    expect((await other.put(0, "x")).status).toBe(200);
  });

  test("are not limited where nothing is bound, or what is bound fails", async () => {
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

describe("from one address", () => {
  const somewhere = () => `192.0.2.${crypto.getRandomValues(new Uint8Array(1))[0]}`;

  test.each([
    ["/v1/batches", { body: "{}" }],
    ["/v1/upload", formRequest(formBody([{ name: "a", filename: "a", bytes: "x" }]))],
  ])("creating is limited, and from no other: %s", async (path, init) => {
    const address = somewhere();
    const create = (from: Record<string, string>) =>
      call(path, {
        method: "POST",
        ...init,
        headers: { ...("headers" in init && init.headers), ...from },
      });
    const here = { "CF-Connecting-IP": address };
    await expectRefusal(await refused(env.CREATE_RATE, address, () => create(here)));
    expect((await create({ "CF-Connecting-IP": `${address}.1` })).status).toBe(201);
    expect((await create({})).status).toBe(201);
  });

  test.each(["live", "events"] as const)("opening sockets is limited: %s", async (how) => {
    const address = somewhere();
    const batch = await TestBatch.create([1]);
    const open = (from: string) =>
      batch.call(`/${how}`, { headers: { Upgrade: "websocket", "CF-Connecting-IP": from } });
    await expectRefusal(await refused(env.SOCKET_RATE, address, () => open(address)));
    const answer = await open(`${address}.1`);
    expect(answer.status).toBe(how === "live" ? 101 : 200);
    answer.webSocket?.accept();
    answer.webSocket?.close();
    await answer.body?.cancel();
  });
});
