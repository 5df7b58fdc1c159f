import { setTimeout as sleep } from "node:timers/promises";
import { LIMITS, NAME_CHARACTERS, PROBLEM_ANSWERS } from "../../protocol/index.ts";
import { FORM_TYPE, formBody } from "../../worker/testing/multipart.ts";
import { TestBatch } from "./batch.ts";
import { RawRequest } from "./raw-request.ts";

/** What some clients do to a server while others want to be served. */
export interface MisbehavingClients {
  name: string;
  /**
   * Begins it, so many times over.
   *
   * @returns ends it, and checks that it was what it says
   */
  begin(origin: string, times: number): Promise<() => Promise<void>>;
}

const SLOW_BYTES = 1_000_000;
/** What the server answers to a body that is too slow. */
const GIVEN_UP = PROBLEM_ANSWERS.too_slow.status;

const SOCKET = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": 13,
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
};

/** Each from an address of its own: limits of one address are not what is looked at. */
function addressOf(client: number) {
  return { "CF-Connecting-IP": `10.0.${client >> 8}.${client & 255}` };
}

/**
 * Does it again and again until it is told to stop, and then says what went wrong: that the server
 * hangs up (which `fetch` tells by a TypeError) is nothing wrong.
 */
function repeat(times: number, act: (client: number) => Promise<void>): () => Promise<void> {
  const wrong: unknown[] = [];
  const over = new AbortController();
  const loops = Array.from({ length: times }, async (_, client) => {
    while (!over.signal.aborted) {
      await act(client).catch((error: unknown) => {
        if (!(error instanceof TypeError)) wrong.push(error);
        return sleep(100);
      });
    }
  });
  return async () => {
    over.abort();
    await Promise.all(loops);
    if (wrong.length > 0) throw wrong[0];
  };
}

/** Begins a request with a large body of one kind or another. */
function openSlowly(batch: TestBatch, client: number): Promise<RawRequest> {
  const length = { "Content-Length": SLOW_BYTES };
  const form = { ...length, "Content-Type": FORM_TYPE };
  if (client % 3 === 0) return RawRequest.open(batch, "POST", "/files", length);
  if (client % 3 === 1) return RawRequest.open(batch, "POST", "/bundle", form);
  return RawRequest.open(batch, "PUT", `/files/${client}`, length);
}

/** Bodies of which a byte comes every quarter of a second, until they are given up: files, bundles and JSON. */
const slowBodies: MisbehavingClients = {
  name: "slow bodies",
  async begin(origin, times) {
    const batch = await TestBatch.create(
      origin,
      Array.from({ length: times }, () => 1_000_000),
    );
    const opening = Array.from({ length: times }, (_, client) => openSlowly(batch, client));
    const requests = await Promise.all(opening);
    const stop = repeat(times, async (client) => {
      await requests[client]?.send("x");
      await sleep(250);
    });
    return async () => {
      await stop();
      const waiting = sleep(0).then(() => "waiting");
      const answers = requests.map(({ status }) => Promise.race([status, waiting]));
      const early = (await Promise.all(answers)).filter(
        (answer) => answer !== "waiting" && answer !== GIVEN_UP,
      );
      for (const request of requests) request.cut();
      if (early.length > 0) throw new Error(`Answered before the end: ${early.join(", ")}`);
    };
  },
};

async function openSockets(batch: TestBatch, times: number): Promise<RawRequest[]> {
  const opening = Array.from({ length: times }, (_, client) =>
    RawRequest.open(batch, "GET", "/live", { ...SOCKET, ...addressOf(client) }),
  );
  const sockets = await Promise.all(opening);
  const answers = await Promise.all(sockets.map(({ status }) => status));
  const refused = answers.filter((status) => status !== 101);
  if (refused.length > 0) throw new Error(`Not opened: ${refused.join(", ")}`);
  return sockets;
}

/** Watchers of one batch in which nothing moves. */
const idleSockets: MisbehavingClients = {
  name: "idle sockets",
  async begin(origin, times) {
    const sockets = await openSockets(await TestBatch.create(origin, [1]), times);
    return async () => {
      for (const socket of sockets) socket.cut();
    };
  },
};

/** Watchers who read nothing of a batch in which much moves. */
const unreadSockets: MisbehavingClients = {
  name: "sockets that never read",
  async begin(origin, times) {
    const batch = await TestBatch.create(origin, longNames());
    const sockets = await openSockets(batch, times);
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

/** Requests as fast as they are answered, none of which gets anywhere. */
const flood: MisbehavingClients = {
  name: "a flood",
  async begin(origin, times) {
    const batch = await TestBatch.create(origin, [1]);
    const form = formBody([{ name: "none", bytes: new Uint8Array(64 * 1024) }]);
    const headers = { "Content-Type": FORM_TYPE };
    const kinds = [
      () => batch.call("/bundle", { method: "POST", body: form, headers }),
      () => batch.call("/files", { method: "POST", body: form }, "no token"),
      () => fetch(`${origin}/v1/batches`, { method: "POST", body: '{"files":[{}]}' }),
      () => batch.call(`/files?since=0&limit=${LIMITS.files}`),
    ];
    return repeat(times, async (client) => {
      const answer = await kinds[client % kinds.length]?.();
      await answer?.arrayBuffer();
      if (answer && answer.status >= 500) throw new Error(`The flood got ${answer.status}.`);
    });
  },
};

/** Batches of as many files as there may be, each with as long a name as there may be. */
const longestNames: MisbehavingClients = {
  name: "10,000 files with the longest names",
  begin(origin, times) {
    return Promise.resolve(
      repeat(times, async () => {
        const batch = await TestBatch.create(origin, longNames());
        await batch.files();
        const gone = await batch.call("", { method: "DELETE" });
        await gone.body?.cancel();
      }),
    );
  },
};

function longNames() {
  return Array.from({ length: LIMITS.files }, (_, id) => ({
    name: `${id}-`.padEnd(NAME_CHARACTERS, "n"),
    size: 1,
  }));
}

export const MISBEHAVING_CLIENTS = { slowBodies, idleSockets, unreadSockets, flood, longestNames };
