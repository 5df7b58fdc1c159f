import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { readProblem, TestBatch } from "../testing/batch.ts";

const ALL = Number(env.WATCHERS_PER_BATCH);
const EACH = Number(env.WATCHERS_PER_ADDRESS);

/** The read token, as watchers have it: its rate limit is that of the address. */
function watch(batch: TestBatch, address: string, how = "live"): Promise<Response> {
  const headers = { Upgrade: "websocket", "CF-Connecting-IP": address };
  return batch.call(`/${how}`, { headers }, batch.created.tokens.read);
}

/** Opens `count` sockets from one address. */
async function watchMany(batch: TestBatch, address: string, count: number): Promise<WebSocket[]> {
  const responses = await Promise.all(Array.from({ length: count }, () => watch(batch, address)));
  return responses.map(({ webSocket }) => {
    if (!webSocket) throw new Error("The socket was not opened.");
    webSocket.accept();
    return webSocket;
  });
}

const refused = { status: 429, code: "rate_limited" };

// "" is a request without an address: all of these count as one.
test.each(["192.0.2.1", ""])(
  "a batch limits the watchers of one address, and accepts another after one has left: %j",
  async (address) => {
    const batch = await TestBatch.create([1]);
    const [first] = await watchMany(batch, address, EACH);
    for (const how of ["live", "events"]) {
      const response = await watch(batch, address, how);
      expect(response.headers.get("Retry-After")).toBe("60");
      expect(await readProblem(response)).toMatchObject(refused);
    }
    const wait = await batch.call("?since=1&wait=1", { headers: { "CF-Connecting-IP": address } });
    expect(await readProblem(wait)).toMatchObject(refused);
    await watchMany(batch, "192.0.2.2", 1);
    first?.close();
    await expect.poll(async () => (await watch(batch, address)).status).toBe(101);
  },
);

test("a batch limits its watchers", async () => {
  const batch = await TestBatch.create([1]);
  for (let network = 0; network < ALL / EACH; network++) {
    await watchMany(batch, `198.51.100.${network}`, EACH);
  }
  const problem = await readProblem(await watch(batch, "203.0.113.1"));
  expect(problem).toMatchObject(refused);
  expect(problem.detail).toContain(`${ALL}`);
  // Other requests are unaffected.
  expect((await batch.put(0, "x")).status).toBe(200);
});

test("an address whose socket sends messages gets no new sockets of this batch", async () => {
  const [batch, other] = [await TestBatch.create([1]), await TestBatch.create([1])];
  const [loud] = await watchMany(batch, "192.0.2.7", 1);
  const closed = new Promise((resolve) => loud?.addEventListener("close", resolve));
  loud?.send("hello");
  expect(await closed).toMatchObject({ code: 1008 });
  for (const how of ["live", "events"]) {
    const response = await watch(batch, "192.0.2.7", how);
    expect(response.headers.get("Retry-After")).toBe("600");
    expect(await readProblem(response)).toMatchObject(refused);
  }
  expect((await watch(batch, "192.0.2.8")).status).toBe(101);
  expect((await watch(other, "192.0.2.7")).status).toBe(101);
});

test("a watcher without an address doesn't end the others", async () => {
  const batch = await TestBatch.create([1]);
  const [loud] = await watchMany(batch, "", 1);
  const closed = new Promise((resolve) => loud?.addEventListener("close", resolve));
  loud?.send("hello");
  await closed;
  expect((await watch(batch, "")).status).toBe(101);
});
