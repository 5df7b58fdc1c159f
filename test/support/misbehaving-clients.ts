import { setTimeout as sleep } from "node:timers/promises";
import { LIMITS, PROBLEM_ANSWERS } from "../../protocol/index.ts";
import { FORM_TYPE, formBody } from "../../worker/testing/multipart.ts";
import { TestBatch } from "./batch.ts";
import { RawRequest } from "./raw-request.ts";

/** Clients that disturb a server while others upload. */
export interface MisbehavingClients {
  name: string;
  /**
   * Starts that many clients.
   *
   * @returns a function that stops them, and rejects if the server didn't respond as expected
   */
  start(origin: string, count: number): Promise<() => Promise<void>>;
}

const SLOW_BYTES = 1_000_000;
/** Status for a body that is too slow. */
const TOO_SLOW = PROBLEM_ANSWERS.too_slow.status;

const SOCKET = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": 13,
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
};

/** Returns an address for each client, so that the limits of one address don't apply. */
function addressOf(client: number) {
  return { "CF-Connecting-IP": `10.0.${client >> 8}.${client & 255}` };
}

/**
 * Repeats `act` for each client until the returned function is called, which rejects with the first
 * error. A closed connection, for which `fetch` throws a TypeError, is no error.
 */
function repeat(count: number, act: (client: number) => Promise<void>): () => Promise<void> {
  const errors: unknown[] = [];
  const over = new AbortController();
  const loops = Array.from({ length: count }, async (_, client) => {
    while (!over.signal.aborted) {
      await act(client).catch((error: unknown) => {
        if (!(error instanceof TypeError)) errors.push(error);
        return sleep(100);
      });
    }
  });
  return async () => {
    over.abort();
    await Promise.all(loops);
    if (errors.length > 0) throw errors[0];
  };
}

/** Opens a request with a large body: JSON, a bundle or a file. */
function openSlowly(batch: TestBatch, client: number): Promise<RawRequest> {
  const length = { "Content-Length": SLOW_BYTES };
  const form = { ...length, "Content-Type": FORM_TYPE };
  if (client % 3 === 0) return RawRequest.open(batch, "POST", "/files", length);
  if (client % 3 === 1) return RawRequest.open(batch, "POST", "/bundle", form);
  return RawRequest.open(batch, "PUT", `/files/${client}`, length);
}

/** Bodies that send a byte every quarter of a second until the server refuses them. */
const slowBodies: MisbehavingClients = {
  name: "slow bodies",
  async start(origin, count) {
    const batch = await TestBatch.create(
      origin,
      Array.from({ length: count }, () => 1_000_000),
    );
    const opening = Array.from({ length: count }, (_, client) => openSlowly(batch, client));
    const requests = await Promise.all(opening);
    const stop = repeat(count, async (client) => {
      await requests[client]?.send("x");
      await sleep(250);
    });
    return async () => {
      await stop();
      const waiting = sleep(0).then(() => "waiting");
      const responses = requests.map(({ status }) => Promise.race([status, waiting]));
      const unexpected = (await Promise.all(responses)).filter(
        (response) => response !== "waiting" && response !== TOO_SLOW,
      );
      for (const request of requests) request.cut();
      if (unexpected.length > 0) throw new Error(`Unexpected responses: ${unexpected.join(", ")}`);
    };
  },
};

async function openSockets(batch: TestBatch, count: number): Promise<RawRequest[]> {
  const opening = Array.from({ length: count }, (_, client) =>
    RawRequest.open(batch, "GET", "/live", { ...SOCKET, ...addressOf(client) }),
  );
  const sockets = await Promise.all(opening);
  const statuses = await Promise.all(sockets.map(({ status }) => status));
  const refused = statuses.filter((status) => status !== 101);
  if (refused.length > 0) throw new Error(`Sockets were refused with ${refused.join(", ")}.`);
  return sockets;
}

/** Watchers of a batch without changes. */
const idleSockets: MisbehavingClients = {
  name: "idle sockets",
  async start(origin, count) {
    const sockets = await openSockets(await TestBatch.create(origin, [1]), count);
    return async () => {
      for (const socket of sockets) socket.cut();
    };
  },
};

/** Watchers that never read, of a batch with many changes. */
const unreadSockets: MisbehavingClients = {
  name: "sockets that never read",
  async start(origin, count) {
    const batch = await TestBatch.create(origin, longNames());
    const sockets = await openSockets(batch, count);
    for (const socket of sockets) socket.stopReading();
    const stop = repeat(1, async () => {
      for (const change of ["/pause", "/resume"]) {
        await (await batch.call(change, { method: "POST" })).body?.cancel();
      }
    });
    return async () => {
      await stop();
      for (const socket of sockets) socket.cut();
    };
  },
};

/** Refused or empty requests, as fast as the server responds. */
const flood: MisbehavingClients = {
  name: "a flood",
  async start(origin, count) {
    const batch = await TestBatch.create(origin, [1]);
    const form = formBody([{ name: "none", bytes: new Uint8Array(64 * 1024) }]);
    const headers = { "Content-Type": FORM_TYPE };
    const kinds = [
      () => batch.call("/bundle", { method: "POST", body: form, headers }),
      () => batch.call("/files", { method: "POST", body: form }, "no token"),
      () => fetch(`${origin}/v1/batches`, { method: "POST", body: '{"files":[{}]}' }),
      () => batch.call(`/files?since=0&limit=${LIMITS.files}`),
    ];
    return repeat(count, async (client) => {
      const response = await kinds[client % kinds.length]?.();
      await response?.arrayBuffer();
      if (response && response.status >= 500) throw new Error(`The flood got ${response.status}.`);
    });
  },
};

/** Batches with the largest declarations. */
const longestNames: MisbehavingClients = {
  name: "10,000 files with long names",
  start(origin, count) {
    return Promise.resolve(
      repeat(count, async () => {
        const batch = await TestBatch.create(origin, longNames());
        await batch.files();
        const deleted = await batch.call("", { method: "DELETE" });
        await deleted.body?.cancel();
      }),
    );
  },
};

/** Returns as many names as one call can declare, nearly all of its bytes long. */
function longNames() {
  const characters = LIMITS.declareBytes / LIMITS.declareFiles - 30;
  return Array.from({ length: LIMITS.declareFiles }, (_, id) => ({
    name: `${id}-`.padEnd(characters, "n"),
    size: 1,
  }));
}

export const MISBEHAVING_CLIENTS = { slowBodies, idleSockets, unreadSockets, flood, longestNames };
