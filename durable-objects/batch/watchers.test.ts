import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { type Frame, FRAME_INTERVAL_MS, type Row, ZERO_TOTALS } from "../../protocol/index.ts";
import { REVOCABLE_SCOPES, type RevocableScope } from "./access.ts";
import type { ChangeSet } from "./tally.ts";
import { type PendingUpdate, Watchers } from "./watchers.ts";

const LIMITS = { watchersPerBatch: 3, watchersPerAddress: 2 };

/** A change of one file, with a row that only has the file's id. */
function change(id: number): ChangeSet {
  const row: Row = [id, "completed", 100, 0, null];
  const flags = { batch: false, completed: false, deleted: false };
  return { rows: [row], files: new Set([id]), durable: new Set([id]), ...flags };
}

function framesOf({ rows }: PendingUpdate): Frame[] {
  const totals = ZERO_TOTALS;
  return [{ event: "uploadProgress", rev: 1, files: rows, totals, percentComplete: 0 }];
}

/** A connected watcher. */
interface Watcher {
  /** The ids in each frame it has received. */
  received: number[][];
  socket: WebSocket;
  /** The object's end. */
  server: WebSocket;
}

type Connect = (address?: string, scope?: RevocableScope) => Watcher;

/** Runs `use` in a new object, with a function that connects a watcher. */
function withWatchers(use: (watchers: Watchers, connect: Connect) => Promise<void>): Promise<void> {
  const stub = env.BATCH.getByName(crypto.randomUUID());
  return runInDurableObject(stub, (_, ctx) => {
    const watchers = new Watchers(ctx, LIMITS, framesOf);
    return use(watchers, (address, scope) =>
      connectTo((server) =>
        watchers.add(server, () => [], { address: address ?? null, scope: scope ?? null }),
      ),
    );
  });
}

function connectTo(add: (server: WebSocket) => void): Watcher {
  const { 0: socket, 1: server } = new WebSocketPair();
  const received: number[][] = [];
  socket.addEventListener("message", ({ data }) => {
    const { files }: { files: Row[] } = JSON.parse(String(data));
    received.push(files.map(([id]) => id));
  });
  add(server);
  socket.accept();
  return { received, socket, server };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Resolves once `count` frames were received. */
const frames = (received: readonly number[][], count: number) =>
  expect.poll(() => received.length).toBeGreaterThanOrEqual(count);

test("the first change after a quiet moment is sent at once, the next ones together", () =>
  withWatchers(async (watchers, connect) => {
    const { received } = connect();
    for (const id of [1, 2, 3]) watchers.broadcast(change(id));
    await frames(received, 2);
    expect(received).toEqual([[1], [2, 3]]);
    await pause(60);
    for (const id of [4, 5]) watchers.broadcast(change(id));
    await frames(received, 4);
    expect(received).toEqual([[1], [2, 3], [4], [5]]);
  }));

test("the change that completes the batch is sent at once, with all pending changes", () =>
  withWatchers(async (watchers, connect) => {
    const { received } = connect();
    for (const id of [1, 2]) watchers.broadcast(change(id));
    watchers.broadcast({ ...change(3), completed: true });
    watchers.broadcast(change(4));
    await frames(received, 3);
    expect(received).toEqual([[1], [2, 3], [4]]);
  }));

test("frames keep their interval while changes are frequent", () =>
  withWatchers(async (watchers, connect) => {
    const { received } = connect();
    const began = Date.now();
    for (let id = 0; received.length < 5; id++) {
      watchers.broadcast(change(id));
      await pause(1);
    }
    expect(Date.now() - began).toBeGreaterThanOrEqual(4 * FRAME_INTERVAL_MS - 1);
    const ids = received.flat();
    expect(ids).toEqual(Array.from(ids.keys()));
  }));

test("a new watcher gets no changes that its snapshot includes, and the others get them", () =>
  withWatchers(async (watchers, connect) => {
    const first = connect();
    for (const id of [1, 2]) watchers.broadcast(change(id));
    const second = connect();
    watchers.broadcast(change(3));
    await frames(second.received, 1);
    await frames(first.received, 3);
    expect(first.received).toEqual([[1], [2], [3]]);
    expect(second.received).toEqual([[3]]);
  }));

test("changes without watchers are not sent later", () =>
  withWatchers(async (watchers, connect) => {
    watchers.broadcast(change(1));
    const { received } = connect();
    watchers.broadcast(change(2));
    await frames(received, 1);
    expect(received).toEqual([[2]]);
  }));

test("a watcher that has left does not affect the others", () =>
  withWatchers(async (watchers, connect) => {
    const [gone, present] = [connect(), connect()];
    gone.socket.close();
    for (const id of [1, 2]) watchers.broadcast(change(id));
    await frames(present.received, 2);
    expect(present.received).toEqual([[1], [2]]);
  }));

test("a deletion sends all pending changes and closes the sockets", () =>
  withWatchers(async (watchers, connect) => {
    const { received, socket } = connect();
    const closed = new Promise<number>((resolve) => {
      socket.addEventListener("close", ({ code }) => resolve(code));
    });
    for (const id of [1, 2]) watchers.broadcast(change(id));
    watchers.broadcast({ ...change(3), deleted: true });
    expect(await closed).toBe(4410);
    expect(received).toEqual([[1], [2, 3]]);
  }));

test("the limits count watchers by address and in all", () =>
  withWatchers(async (watchers, connect) => {
    for (const address of ["a", "a"]) connect(address);
    expect(watchers.reachedLimit("a")).toBe(2);
    expect(watchers.reachedLimit("b")).toBeNull();
    expect(watchers.reachedLimit(null)).toBeNull();
    connect("b");
    expect(watchers.reachedLimit("b")).toBe(3);
    expect(watchers.reachedLimit(null)).toBe(3);
  }));

test("an address is refused for ten minutes after a message", () =>
  withWatchers((watchers, connect) => {
    const { server } = connect("192.0.2.1");
    const now = Date.now();
    const clock = vi.spyOn(Date, "now").mockReturnValue(now);
    watchers.rejectMessage(server);
    const refusals = [0, 599_999, 600_000].map((later) => {
      clock.mockReturnValue(now + later);
      return watchers.isRefused("192.0.2.1");
    });
    clock.mockRestore();
    expect(refusals).toEqual([true, true, false]);
    return Promise.resolve();
  }));

test.each(REVOCABLE_SCOPES)("a message refuses the address beside the scope %s", (scope) =>
  withWatchers((watchers, connect) => {
    watchers.rejectMessage(connect("192.0.2.1", scope).server);
    expect([watchers.isRefused("192.0.2.1"), watchers.isRefused(scope)]).toEqual([true, false]);
    return Promise.resolve();
  }),
);

test.each(REVOCABLE_SCOPES)("a message without an address refuses none, scope %s", (scope) =>
  withWatchers((watchers, connect) => {
    const { server, socket } = connect(undefined, scope);
    const closed = new Promise<number>((resolve) => {
      socket.addEventListener("close", ({ code }) => resolve(code));
    });
    watchers.rejectMessage(server);
    expect(watchers.isRefused(scope)).toBe(false);
    return closed.then((code) => expect(code).toBe(1008));
  }),
);
