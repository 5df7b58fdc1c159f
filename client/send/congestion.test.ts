import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ModelledClient, ModelledServer } from "../testing/modelled-server.ts";
import { CongestionControl } from "./congestion.ts";

const MINUTE = 60_000;
const MOST = 32;

/** Servers on which a request takes from 50 ms to 1.5 s, more or less. */
const servers = fc.record({
  capacity: fc.integer({ min: 1, max: 40 }),
  serviceMs: fc.integer({ min: 50, max: 1500 }),
  variation: fc.double({ min: 0, max: 0.5, noNaN: true }),
  seed: fc.nat(),
});
type Server = typeof servers extends fc.Arbitrary<infer Value> ? Value : never;

/**
 * Each run takes some 100 ms, as minutes are modelled. The seed is fixed, as the bounds are those of usual
 * servers: with 400 seeds, the worst shares were 0.93 of the capacity and 0.29 of a fair share.
 */
const RUNS = { seed: 24, numRuns: 15 };

function start({ seed, ...options }: Server & { refusesAbove?: number }): ModelledServer {
  return new ModelledServer(options, randomFrom(seed));
}

/** Returns a linear congruential generator of numbers from 0 to 1. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Limits at the start of each request since a time. */
function limitsSince({ limits }: ModelledClient, since: number): number[] {
  return limits.filter(([ms]) => ms >= since).map(([, limit]) => limit);
}

function changesOf(limits: readonly number[]): number {
  return limits.filter((limit, index) => index > 0 && limit !== limits[index - 1]).length;
}

/** Returns the units that each client gets done in some minutes, after a minute or more of starting. */
function shareOut(server: ModelledServer, count: number, minutes: number): number[] {
  const clients = Array.from({ length: count }, () => {
    const client = server.connect();
    server.run(20_000);
    return client;
  });
  server.run(MINUTE);
  const before = clients.map(({ done }) => done);
  server.run(minutes * MINUTE);
  return clients.map(({ done }, index) => done - (before[index] ?? 0));
}

describe("a client alone", () => {
  test("reaches most requests within five rounds while the server has capacity", () => {
    const server = start({ capacity: 100, serviceMs: 500, variation: 0.3, seed: 1 });
    const client = server.connect();
    server.run(2500);
    expect(client.control.limit).toBe(MOST);
  });

  test("uses any server's capacity", () => {
    fc.assert(
      fc.property(servers, (options) => {
        const server = start(options);
        const client = server.connect();
        server.run(MINUTE);
        const before = client.done;
        server.run(5 * MINUTE);
        const possible = (Math.min(MOST, options.capacity) * 5 * MINUTE) / options.serviceMs;
        expect((client.done - before) / possible).toBeGreaterThan(0.85);
      }),
      RUNS,
    );
  });

  test("settles: the limit changes a few times a minute at most", () => {
    fc.assert(
      fc.property(servers, (options) => {
        const server = start(options);
        const client = server.connect();
        server.run(10 * MINUTE);
        expect(changesOf(limitsSince(client, 5 * MINUTE))).toBeLessThan(50);
      }),
      RUNS,
    );
  });

  test("follows a server that becomes slower, and one that becomes faster", () => {
    const server = start({ capacity: 30, serviceMs: 300, variation: 0.2, seed: 5 });
    const client = server.connect();
    server.run(MINUTE);
    expect(client.control.limit).toBeGreaterThan(20);
    server.options = { ...server.options, capacity: 4 };
    server.run(10 * MINUTE);
    expect(client.control.limit).toBeLessThan(12);
    server.options = { ...server.options, capacity: 30 };
    server.run(5 * MINUTE);
    expect(client.control.limit).toBeGreaterThan(20);
  });

  test("never exceeds what the connection allows, nor 32", () => {
    fc.assert(
      fc.property(servers, fc.integer({ min: 1, max: 64 }), (options, most) => {
        const server = start(options);
        const client = server.connect(most);
        server.run(MINUTE);
        const limits = limitsSince(client, 0);
        expect(Math.max(...limits)).toBeLessThanOrEqual(Math.min(most, MOST));
        expect(Math.min(...limits)).toBeGreaterThanOrEqual(1);
      }),
      RUNS,
    );
  });
});

describe("several clients", () => {
  test.each([2, 3])("%d share a server: none starves, and nothing is lost", (count) => {
    fc.assert(
      fc.property(servers, (options) => {
        const done = shareOut(start(options), count, 10);
        const sum = done.reduce((a, b) => a + b);
        const possible =
          (Math.min(MOST * count, options.capacity) * 10 * MINUTE) / options.serviceMs;
        expect(Math.min(...done)).toBeGreaterThan((0.2 * sum) / count);
        expect(sum / possible).toBeGreaterThan(0.85);
      }),
      { ...RUNS, numRuns: 8 },
    );
  });
});

describe("a server that refuses", () => {
  test("has few requests to refuse, and is used all the same", () => {
    fc.assert(
      fc.property(servers, fc.integer({ min: 4, max: MOST }), (options, refusesAbove) => {
        const server = start({ ...options, capacity: 100, refusesAbove });
        const client = server.connect();
        server.run(10 * MINUTE);
        const possible = (refusesAbove * 10 * MINUTE) / options.serviceMs;
        expect(client.refusals / client.done).toBeLessThan(0.03);
        expect(client.done / possible).toBeGreaterThan(0.6);
      }),
      RUNS,
    );
  });

  test("halves the limit once for all requests that were in flight together", () => {
    const control = new CongestionControl(() => Infinity);
    const finish = (startedAt: number) =>
      control.finished({ startedAt, endedAt: startedAt + 100, weight: 1, wasFull: true });
    for (let ms = 0; control.limit < 16; ms += 100) finish(ms);
    for (let n = 0; n < 16; n++) control.refused({ startedAt: 1000, endedAt: 1100 });
    expect(control.limit).toBe(8);
    control.refused({ startedAt: 1200, endedAt: 1300 });
    expect(control.limit).toBe(4);
  });

  test("leaves one request in flight, however often it refuses", () => {
    const control = new CongestionControl(() => Infinity);
    for (let ms = 0; ms < 10_000; ms += 200) control.refused({ startedAt: ms, endedAt: ms + 100 });
    expect(control.limit).toBe(1);
  });
});

test("a client with too little to send climbs no further", () => {
  const control = new CongestionControl(() => Infinity);
  for (let ms = 0; ms < 10_000; ms += 10)
    control.finished({ startedAt: ms, endedAt: ms + 10, weight: 1, wasFull: false });
  expect(control.limit).toBe(4);
});
