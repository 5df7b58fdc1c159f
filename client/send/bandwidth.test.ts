import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { TokenBucket, chunkBytes } from "./bandwidth.ts";

let bandwidth: TokenBucket;
let ending: AbortController;
let signal: AbortSignal;

beforeEach(() => {
  vi.useFakeTimers();
  bandwidth = new TokenBucket();
  ending = new AbortController();
  ({ signal } = ending);
});
afterEach(() => {
  ending.abort();
  vi.useRealTimers();
});

/** Takes chunks until aborted, and counts their bytes. */
function taker(): { bytes: number } {
  const count = { bytes: 0 };
  const takeAll = async () => {
    for (;;) {
      const bytes = chunkBytes(bandwidth);
      await bandwidth.take(bytes, signal);
      count.bytes += bytes;
    }
  };
  takeAll().catch(() => undefined);
  return count;
}

test("take doesn't wait without a rate", async () => {
  expect(bandwidth.bytesPerSecond).toBeNull();
  await bandwidth.take(1e12, signal);
  await bandwidth.take(1e12, signal);
  expect(vi.getTimerCount()).toBe(0);
});

test.for([1000, 150_000, 3_000_000, 80_000_000])(
  "several takers share %d bytes per second equally",
  async (rate) => {
    bandwidth.bytesPerSecond = rate;
    const takers = [taker(), taker(), taker()];
    await vi.advanceTimersByTimeAsync(10_000);
    const taken = takers.map(({ bytes }) => bytes);
    const all = taken.reduce((sum, bytes) => sum + bytes, 0);
    expect(Math.abs(all / rate / 10 - 1)).toBeLessThan(0.05);
    expect(Math.max(...taken) - Math.min(...taken)).toBeLessThanOrEqual(chunkBytes(bandwidth));
  },
);

test("a new rate takes effect at once, also for waiting takers", async () => {
  bandwidth.bytesPerSecond = 10;
  const count = taker();
  await vi.advanceTimersByTimeAsync(1000);
  bandwidth.bytesPerSecond = 100_000;
  await vi.advanceTimersByTimeAsync(1000);
  expect(count.bytes).toBeGreaterThan(95_000);
  bandwidth.bytesPerSecond = 20_000;
  const before = count.bytes;
  await vi.advanceTimersByTimeAsync(1000);
  expect(count.bytes - before).toBeLessThan(22_000);
  const freed = bandwidth.take(1e9, signal);
  await vi.advanceTimersByTimeAsync(1000);
  bandwidth.bytesPerSecond = null;
  await freed;
});

test("an overdrawn bucket is refilled first, and idle seconds aren't saved", async () => {
  bandwidth.bytesPerSecond = 1000;
  await vi.advanceTimersByTimeAsync(60_000);
  bandwidth.spend(5250);
  const free = vi.fn();
  void bandwidth.take(0, signal).then(free);
  await vi.advanceTimersByTimeAsync(4900);
  expect(free).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(200);
  expect(free).toHaveBeenCalled();
});

describe("an aborted take", () => {
  test("takes nothing and doesn't hold up the next one", async () => {
    bandwidth.bytesPerSecond = 1000;
    bandwidth.spend(2000);
    const controller = new AbortController();
    const gone = bandwidth.take(100_000, controller.signal);
    const next = bandwidth.take(10, signal);
    controller.abort(new Error("aborted"));
    await expect(gone).rejects.toThrow("aborted");
    await vi.advanceTimersByTimeAsync(2000);
    await next;
    expect(vi.getTimerCount()).toBe(0);
  });

  test("rejects if it was aborted before", async () => {
    await expect(bandwidth.take(1, AbortSignal.abort(new Error("gone")))).rejects.toThrow("gone");
  });
});

test("an invalid rate throws a RangeError", () => {
  for (const rate of [0, -1, Number.NaN]) {
    expect(() => (bandwidth.bytesPerSecond = rate)).toThrow(RangeError);
  }
});
