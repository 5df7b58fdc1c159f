import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ServerBusy, TooSlow } from "./body-errors.ts";
import { BodyMemory } from "./body-memory.ts";

/** A delay that nothing else has: requests of earlier tests may still set timers. */
const BUFFER_MS = 1009;
/** Longer than anything takes to be stored. */
const LONG_MS = 3_600_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  // First: a spy on a fake timer that is restored later would replace the real one.
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Returns a memory of 100 bytes, and a function that makes named claims on it. */
function start() {
  const memory = new BodyMemory(100);
  /** Names and errors of the bodies that were given up. */
  const lost: [name: string, error: unknown][] = [];
  const claim = (name: string) => memory.claim(BUFFER_MS, (error) => lost.push([name, error]));
  return { memory, lost, claim };
}

/** Lets callbacks run. */
const settle = () => vi.advanceTimersByTimeAsync(0);

describe("beyond the limit", () => {
  test("the body that has held the most memory for the longest time is given up", async () => {
    const { memory, lost, claim } = start();
    claim("short").buffer(1);
    claim("slow").buffer(40);
    await vi.advanceTimersByTimeAsync(100);
    claim("large").buffer(50);
    await vi.advanceTimersByTimeAsync(10);
    claim("new").buffer(20);
    expect(memory.used).toBe(71);
    await settle();
    expect(lost).toEqual([["slow", expect.any(ServerBusy)]]);
  });

  test("a body that was given up gets no more memory, and releases nothing twice", async () => {
    const { memory, claim } = start();
    const slow = claim("slow");
    slow.read(30);
    slow.buffer(30);
    await vi.advanceTimersByTimeAsync(100);
    claim("new").buffer(90);
    expect(() => slow.buffer(1)).toThrow(ServerBusy);
    expect(() => slow.read(1)).toThrow(ServerBusy);
    slow.discard(30);
    slow.end();
    expect(memory.used).toBe(90);
  });

  test("content that is being stored stays, and the new body is given up instead", async () => {
    const { memory, lost, claim } = start();
    const storing = claim("storing");
    storing.buffer(90);
    const release = storing.store(90);
    const other = claim("new");
    expect(() => other.buffer(20)).toThrow(ServerBusy);
    await settle();
    expect([lost, memory.used]).toEqual([[["new", expect.any(ServerBusy)]], 90]);
    release();
    claim("next").buffer(20);
    expect(memory.used).toBe(20);
  });

  test("content of a request that never reports its end is forgotten", async () => {
    const { memory, claim } = start();
    const ended = claim("ended");
    ended.buffer(90);
    ended.store(90);
    await vi.advanceTimersByTimeAsync(LONG_MS);
    claim("new").buffer(20);
    expect(memory.used).toBe(20);
  });
});

describe("content that is buffered", () => {
  test("for too long is given up", async () => {
    const { memory, lost, claim } = start();
    claim("slow").buffer(10);
    await vi.advanceTimersByTimeAsync(BUFFER_MS - 1);
    expect(lost).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect([lost, memory.used]).toEqual([[["slow", expect.any(TooSlow)]], 0]);
  });

  test("has the full time again after earlier content was complete or discarded", async () => {
    const { lost, claim } = start();
    const body = claim("body");
    body.read(5);
    for (const finish of [
      (bytes: number) => body.store(bytes),
      (bytes: number) => body.discard(bytes),
    ]) {
      body.buffer(10);
      await vi.advanceTimersByTimeAsync(BUFFER_MS - 1);
      finish(10);
      await vi.advanceTimersByTimeAsync(BUFFER_MS);
    }
    expect(lost).toEqual([]);
  });

  test("takes one timer, however many files a body has", async () => {
    const { claim } = start();
    const setTimer = vi.spyOn(globalThis, "setTimeout");
    const clearTimer = vi.spyOn(globalThis, "clearTimeout");
    const body = claim("body");
    for (let file = 0; file < 100; file++) {
      body.buffer(10);
      await vi.advanceTimersByTimeAsync(1);
      body.store(10)();
    }
    const own = setTimer.mock.calls.flatMap(([, ms], call) => (ms === BUFFER_MS ? [call] : []));
    expect(own).toHaveLength(1);
    body.end();
    expect(clearTimer).toHaveBeenCalledWith(setTimer.mock.results[own[0] ?? 0]?.value);
  });

  test("is not given up at the time of earlier content, but after its own", async () => {
    const { lost, claim } = start();
    const body = claim("body");
    body.buffer(10);
    await vi.advanceTimersByTimeAsync(BUFFER_MS - 1);
    body.store(10);
    body.buffer(10);
    await vi.advanceTimersByTimeAsync(BUFFER_MS - 1);
    expect(lost).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(lost).toEqual([["body", expect.any(TooSlow)]]);
  });
});
