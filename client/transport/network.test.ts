import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { connectionFailed } from "../errors.ts";
import { isOffline, sleepOffline, watchNetwork } from "./network.ts";
import { retry } from "../api/retry.ts";
import { Device } from "../testing/device.ts";

const { signal } = new AbortController();
let device: Device;

beforeEach(() => {
  vi.useFakeTimers();
  device = new Device();
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

test("a sleep ends with its time, or sooner when the network is back", async () => {
  const sleep = sleepOffline(1000, signal);
  expect(await isOver(sleep, 990)).toBe(false);
  expect(await isOver(sleep, 20)).toBe(true);
  const woken = sleepOffline(60_000, signal);
  device.go("online");
  expect(await isOver(woken, 0)).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

test("a sleep is longer without a network, but ends: the server may be on the device itself", async () => {
  device.go("offline");
  expect(isOffline()).toBe(true);
  const sleep = sleepOffline(10, signal);
  expect(await isOver(sleep, 4900)).toBe(false);
  expect(await isOver(sleep, 200)).toBe(true);
});

test("an aborted sleep leaves nothing behind", async () => {
  const controller = new AbortController();
  const sleep = sleepOffline(1000, controller.signal).catch((error: unknown) => error);
  controller.abort(new Error("enough"));
  expect(await sleep).toMatchObject({ message: "enough" });
  expect(vi.getTimerCount()).toBe(0);
  await expect(sleepOffline(1, controller.signal)).rejects.toThrow("enough");
});

test("a listener hears of the network until it has had enough", () => {
  const controller = new AbortController();
  const hear = vi.fn();
  watchNetwork("offline", hear, controller.signal);
  device.go("offline");
  controller.abort();
  device.go("offline");
  expect(hear).toHaveBeenCalledTimes(1);
});

test("without a network a call is tried for ever, and at once when the network is back", async () => {
  vi.spyOn(Math, "random").mockReturnValue(1);
  device.go("offline");
  const call = vi.fn(() => Promise.reject(connectionFailed()));
  const end = retry(call, signal).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(600_000);
  const calls = call.mock.calls.length;
  expect(calls).toBeGreaterThan(100);
  device.go("online");
  await vi.advanceTimersByTimeAsync(0);
  expect(call).toHaveBeenCalledTimes(calls + 1);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(await end).toMatchObject({ code: "connection_failed" });
});
