import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { beforeAll, describe, expect, test as anyTest } from "vitest";
import { cleanUpAfterAll } from "./support/cleanup.ts";
import { applyFirst } from "./support/middleboxes/apply.ts";
import { bodyLimit } from "./support/middleboxes/body-limit.ts";
import { buffer, orderedBuffer } from "./support/middleboxes/buffer.ts";
import { cutAfterBytes, cutAfterMs } from "./support/middleboxes/cut.ts";
import { drip } from "./support/middleboxes/drip.ts";
import { challenge, errorPage } from "./support/middleboxes/error-page.ts";
import { passOn } from "./support/middleboxes/exchange.ts";
import { firewall } from "./support/middleboxes/firewall.ts";
import { HttpProxy } from "./support/middleboxes/http-proxy.ts";
import { Line } from "./support/middleboxes/line.ts";
import { loginPage, loginRedirect, resetAll } from "./support/middleboxes/portal.ts";

interface StreamingInit extends RequestInit {
  duplex?: "half";
}

const cleanUp = cleanUpAfterAll();

/** A request that the server doesn't respond to. */
const NO_RESPONSE = "no response";
/** Bodies as the server has received them, in order. */
const arrived: string[] = [];
let origin: string;

beforeAll(async () => {
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("latin1").on("data", (text: string) => (body += text));
    request.on("end", () => {
      arrived.push(body);
      if (body === NO_RESPONSE) return;
      response.setHeader("From", "server").end(body);
    });
  });
  origin = await listen(server);
  cleanUp(() => server.close());
});

async function listen(server: Server): Promise<string> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return `http://127.0.0.1:${address.port}`;
}

const test = anyTest
  .extend("proxy", async ({}, { onCleanup }) => {
    const proxy = await HttpProxy.listen(origin);
    onCleanup(() => proxy.close());
    return proxy;
  })
  /** Sends a body through the proxy. Returns what the client sees of the response. */
  .extend("send", ({ proxy }) => async (body: BodyInit, init: StreamingInit = {}) => {
    const request = { method: "POST", body, ...init };
    const response = await fetch(`${proxy.origin}/path`, request);
    const { status, headers } = response;
    const isServers = headers.get("From") === "server";
    return { status, headers, isServers, text: await response.text() };
  });

const FOREIGN = { isServers: false, text: expect.stringContaining("<h1>") };
const PASSED = { status: 200, isServers: true };

test("without a middlebox everything passes, and is counted", async ({ proxy, send }) => {
  expect(await send("hello")).toMatchObject({ ...PASSED, text: "hello" });
  expect(proxy.receivedBytes).toBe(5);
});

describe("a body limit", () => {
  /** A body without a length. */
  const chunked = (text: string) => ({
    body: new Blob([text]).stream(),
    init: { duplex: "half" } as const,
  });

  test("refuses larger bodies with 413", async ({ proxy, send }) => {
    proxy.middlebox = bodyLimit(10);
    expect(await send("x".repeat(10))).toMatchObject(PASSED);
    expect(await send("x".repeat(11))).toMatchObject({ ...FOREIGN, status: 413 });
  });

  test("refuses larger bodies of unknown length", async ({ proxy, send }) => {
    proxy.middlebox = bodyLimit(10);
    const [small, large] = [chunked("x".repeat(10)), chunked("x".repeat(11))];
    expect(await send(small.body, small.init)).toMatchObject(PASSED);
    expect(await send(large.body, large.init)).toMatchObject({ ...FOREIGN, status: 413 });
  });
});

test("a buffer passes the same bytes on, not before the line has carried them", async ({
  proxy,
  send,
}) => {
  proxy.middlebox = buffer(new Line(100_000));
  const start = performance.now();
  expect(await send("x".repeat(20_000))).toMatchObject({ ...PASSED, text: "x".repeat(20_000) });
  expect(performance.now() - start).toBeGreaterThan(150);
});

test("an ordered buffer passes one request on at a time", async ({ proxy, send }) => {
  proxy.middlebox = orderedBuffer(new Line(100_000));
  arrived.length = 0;
  const first = send("1".repeat(20_000));
  await expect.poll(() => proxy.receivedBytes).toBe(20_000);
  expect(await Promise.all([first, send("2")])).toMatchObject([PASSED, PASSED]);
  expect(arrived.map(([digit]) => digit)).toEqual(["1", "2"]);
});

test("an ordered buffer goes on when a client has left", async ({ proxy, send }) => {
  proxy.middlebox = orderedBuffer(new Line(50_000));
  const leaving = new AbortController();
  const left = send("1".repeat(200_000), { signal: leaving.signal });
  await expect.poll(() => proxy.receivedBytes).toBe(200_000);
  leaving.abort();
  await expect(left).rejects.toThrow("aborted");
  expect(await send("2")).toMatchObject(PASSED);
});

test("a slow line takes no more than it carries", async ({ proxy, send }) => {
  proxy.middlebox = drip(new Line(100_000));
  const start = performance.now();
  expect(await send("x".repeat(20_000))).toMatchObject(PASSED);
  expect(performance.now() - start).toBeGreaterThan(150);
});

test.for([
  { middlebox: challenge, status: 403, header: "cf-mitigated", value: "challenge" },
  { middlebox: errorPage(502), status: 502, header: "retry-after", value: null },
  {
    middlebox: errorPage(429, { "Retry-After": "7" }),
    status: 429,
    header: "retry-after",
    value: "7",
  },
  { middlebox: loginPage, status: 200, header: "location", value: null },
])(
  "a page in the server's place has status $status and $header: $value",
  async (each, { proxy, send }) => {
    proxy.middlebox = each.middlebox;
    const response = await send("hello");
    expect(response).toMatchObject({ ...FOREIGN, status: each.status });
    expect(response.headers.get(each.header)).toBe(each.value);
  },
);

test("a portal redirects to a page of another origin", async ({ proxy, send }) => {
  proxy.middlebox = loginRedirect;
  const redirect = await send("hello", { redirect: "manual" });
  const location = redirect.headers.get("Location") ?? "";
  expect(new URL(location).origin).not.toBe(proxy.origin);
  expect(await send("hello")).toMatchObject({ ...FOREIGN, status: 200 });
});

test("a firewall refuses the content that it looks for", async ({ proxy, send }) => {
  proxy.middlebox = firewall(["EICAR"]);
  expect(await send("hello")).toMatchObject({ ...PASSED, text: "hello" });
  expect(await send("-EICAR-")).toMatchObject({ ...FOREIGN, status: 403 });
});

test.for([
  { name: "a firewall", middlebox: firewall(["hello"], resetAll), body: "hello" },
  { name: "a portal", middlebox: resetAll, body: "hello" },
  { name: "a limit of bytes", middlebox: cutAfterBytes(100_000), body: "x".repeat(500_000) },
  { name: "a limit of time", middlebox: cutAfterMs(10), body: NO_RESPONSE },
])("$name breaks the connection", async ({ middlebox, body }, { proxy, send }) => {
  proxy.middlebox = middlebox;
  await expect(send(body)).rejects.toThrow("fetch failed");
  proxy.middlebox = passOn;
  expect(await send("hello")).toMatchObject(PASSED);
});

test("a middlebox gets only some requests", async ({ proxy, send }) => {
  proxy.middlebox = applyFirst(1, ({ method }) => method === "POST", errorPage(502));
  expect(await send("hello", { method: "PUT" })).toMatchObject(PASSED);
  expect(await send("hello")).toMatchObject({ ...FOREIGN, status: 502 });
  expect(await send("hello")).toMatchObject(PASSED);
});
