import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { call, TestBatch } from "../testing/batch.ts";

afterEach(() => void vi.restoreAllMocks());

/** Records the requests that Batch objects receive by `fetch`. */
function recordRequests(): Request[] {
  const requests: Request[] = [];
  const getByName = env.BATCH.getByName.bind(env.BATCH);
  vi.spyOn(env.BATCH, "getByName").mockImplementation((name) => {
    const stub = getByName(name);
    const forward = stub.fetch.bind(stub);
    vi.spyOn(stub, "fetch").mockImplementation((url, init) => {
      requests.push(new Request(url, init));
      return forward(url, init);
    });
    return stub;
  });
  return requests;
}

test("only `since` of a request that opens a WebSocket reaches the Batch", async () => {
  const { links, tokens } = (await TestBatch.create([1])).created;
  const requests = recordRequests();
  const { webSocket } = await call(`${links.live}?token=${tokens.read}&since=7&since=8`, {
    headers: {
      Upgrade: "websocket",
      Cookie: "session=secret",
      "X-Forwarded-Host": "foreign.test",
      "Sec-WebSocket-Protocol": "any",
    },
  });
  webSocket?.accept();
  webSocket?.close();
  expect(requests.map(({ headers }) => Array.from(headers))).toEqual([[["upgrade", "websocket"]]]);
  const { pathname, searchParams } = new URL(requests[0]?.url ?? "");
  // The Worker adds the caller's address and the access that it has verified.
  for (const name of ["address", "access"]) searchParams.delete(name);
  expect([pathname, searchParams.toString()]).toEqual(["/live", "since=7"]);
});
