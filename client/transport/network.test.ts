import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { connectionFailed } from "../errors.ts";
import { isOffline, sleep, sleepUntilOnline, watchNetwork } from "./network.ts";
import { retry } from "../api/retry.ts";
import { FakeDevice } from "../testing/fake-device.ts";

const { signal } = new AbortController();
let device: FakeDevice;

beforeEach(() => {
  vi.useFakeTimers();
  device = new FakeDevice();
});
afterEach(() => {
  device.remove();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function isOver(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const over = vi.fn();
  void promise.then(over);
  await vi.advanceTimersByTimeAsync(ms);
  return over.mock.calls.length > 0;
}

test("sleepUntilOnline ends after its time, or when the network is back", async () => {
  const sleeping = sleepUntilOnline(1000, signal);
  expect(await isOver(sleeping, 990)).toBe(false);
  expect(await isOver(sleeping, 20)).toBe(true);
  const woken = sleepUntilOnline(60_000, signal);
  device.setNetwork("online");
  expect(await isOver(woken, 0)).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

test("sleepUntilOnline waits at least five seconds while offline", async () => {
  device.setNetwork("offline");
  expect(isOffline()).toBe(true);
  const sleeping = sleepUntilOnline(10, signal);
  expect(await isOver(sleeping, 4900)).toBe(false);
  expect(await isOver(sleeping, 200)).toBe(true);
});

test("an aborted sleepUntilOnline rejects and clears its timer", async () => {
  const controller = new AbortController();
  const sleeping = sleepUntilOnline(1000, controller.signal).catch((error: unknown) => error);
  controller.abort(new Error("enough"));
  expect(await sleeping).toMatchObject({ message: "enough" });
  expect(vi.getTimerCount()).toBe(0);
  await expect(sleepUntilOnline(1, controller.signal)).rejects.toThrow("enough");
});

test("an aborted sleep rejects with the reason, also if it was aborted before", async () => {
  const controller = new AbortController();
  const asleep = sleep(60_000, controller.signal).catch((error: unknown) => error);
  controller.abort(new Error("enough"));
  expect(await asleep).toMatchObject({ message: "enough" });
  expect(vi.getTimerCount()).toBe(0);
  await expect(sleep(1, controller.signal)).rejects.toThrow("enough");
});

test("watchNetwork calls its listener until aborted", () => {
  const controller = new AbortController();
  const listener = vi.fn();
  watchNetwork("offline", listener, controller.signal);
  device.setNetwork("offline");
  controller.abort();
  device.setNetwork("offline");
  expect(listener).toHaveBeenCalledTimes(1);
});

test("retry counts no tries while offline, and retries at once when back online", async () => {
  vi.spyOn(Math, "random").mockReturnValue(1);
  device.setNetwork("offline");
  const call = vi.fn(() => Promise.reject(connectionFailed()));
  const end = retry(call, { signal }).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(600_000);
  const calls = call.mock.calls.length;
  expect(calls).toBeGreaterThan(100);
  device.setNetwork("online");
  await vi.advanceTimersByTimeAsync(0);
  expect(call).toHaveBeenCalledTimes(calls + 1);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(await end).toMatchObject({ code: "connection_failed" });
});
