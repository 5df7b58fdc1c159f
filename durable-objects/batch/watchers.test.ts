import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { type Frame, FRAME_INTERVAL_MS, ZERO_TOTALS, type Row } from "../../protocol/index.ts";
import type { PendingUpdate } from "./frame-queue.ts";
import type { ChangeSet } from "./tally.ts";
import { Watchers } from "./watchers.ts";

/** A change of one file, whose row says only its id. */
function change(id: number): ChangeSet {
  const row: Row = [id, "completed", 100, 0, null];
  return { rows: [row], files: new Set([id]), batch: false, completed: false };
}

function framesOf({ rows }: PendingUpdate): Frame[] {
  return [
    { event: "uploadProgress", rev: 1, files: rows, totals: ZERO_TOTALS, percentComplete: 0 },
  ];
}

/** Watchers in an object of their own, and a way to join them: each hears the ids of its frames. */
function withWatchers(use: (watchers: Watchers, join: () => Ear) => Promise<void>): Promise<void> {
  const stub = env.BATCH.getByName(crypto.randomUUID());
  return runInDurableObject(stub, (_, ctx) => {
    const watchers = new Watchers(ctx, framesOf);
    return use(watchers, () => ear((server) => watchers.add(server, () => [], null)));
  });
}

interface Ear {
  heard: number[][];
  socket: WebSocket;
}

function ear(accept: (server: WebSocket) => void): Ear {
  const { 0: socket, 1: server } = new WebSocketPair();
  const heard: number[][] = [];
  socket.addEventListener("message", ({ data }) => {
    const { files }: { files: Row[] } = JSON.parse(String(data));
    heard.push(files.map(([id]) => id));
  });
  accept(server);
  socket.accept();
  return { heard, socket };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Resolves when so many frames were heard: soon as a rule, later on a busy machine. */
const frames = (heard: readonly number[][], count: number) =>
  expect.poll(() => heard.length).toBeGreaterThanOrEqual(count);

test("the first change after a quiet moment is told at once, the next ones together", () =>
  withWatchers(async (watchers, join) => {
    const { heard } = join();
    for (const id of [1, 2, 3]) watchers.broadcast(change(id));
    await frames(heard, 2);
    expect(heard).toEqual([[1], [2, 3]]);
    await pause(60);
    for (const id of [4, 5]) watchers.broadcast(change(id));
    await frames(heard, 4);
    expect(heard).toEqual([[1], [2, 3], [4], [5]]);
  }));

test("what completes the batch is told at once, with all that was pending", () =>
  withWatchers(async (watchers, join) => {
    const { heard } = join();
    for (const id of [1, 2]) watchers.broadcast(change(id));
    watchers.broadcast({ ...change(3), completed: true });
    watchers.broadcast(change(4));
    await frames(heard, 3);
    expect(heard).toEqual([[1], [2, 3], [4]]);
  }));

test("frames keep their distance, however much there is to tell", () =>
  withWatchers(async (watchers, join) => {
    const { heard } = join();
    const began = Date.now();
    for (let id = 0; heard.length < 5; id++) {
      watchers.broadcast(change(id));
      await pause(1);
    }
    expect(Date.now() - began).toBeGreaterThanOrEqual(4 * FRAME_INTERVAL_MS - 1);
    const told = heard.flat();
    expect(told).toEqual(Array.from(told.keys()));
  }));

test("a newcomer is not told what its snapshot holds, and the others are", () =>
  withWatchers(async (watchers, join) => {
    const first = join();
    for (const id of [1, 2]) watchers.broadcast(change(id));
    const second = join();
    watchers.broadcast(change(3));
    await frames(second.heard, 1);
    await frames(first.heard, 3);
    expect(first.heard).toEqual([[1], [2], [3]]);
    expect(second.heard).toEqual([[3]]);
  }));

test("what nobody watched is told nobody later", () =>
  withWatchers(async (watchers, join) => {
    watchers.broadcast(change(1));
    const { heard } = join();
    watchers.broadcast(change(2));
    await frames(heard, 1);
    expect(heard).toEqual([[2]]);
  }));

test("whoever left costs the others nothing", () =>
  withWatchers(async (watchers, join) => {
    const [gone, there] = [join(), join()];
    gone.socket.close();
    for (const id of [1, 2]) watchers.broadcast(change(id));
    await frames(there.heard, 2);
    expect(there.heard).toEqual([[1], [2]]);
  }));

test("those who are let go have been told what was pending", () =>
  withWatchers(async (watchers, join) => {
    const { heard, socket } = join();
    const closed = new Promise<number>((resolve) => {
      socket.addEventListener("close", ({ code }) => resolve(code));
    });
    for (const id of [1, 2]) watchers.broadcast(change(id));
    watchers.closeAll();
    expect(await closed).toBe(1000);
    expect(heard).toEqual([[1], [2]]);
  }));
