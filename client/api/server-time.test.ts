import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { DAY_MS } from "../../protocol/index.ts";

const NOW = Date.parse("2026-11-20T10:00:00Z");

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  vi.resetModules();
});

afterEach(() => void vi.useRealTimers());

/** A new page's module, which hasn't seen a response. */
const newPage = () => import("./server-time.ts");

it("is this device's time before the first response", async () => {
  const { serverNow } = await newPage();
  expect(serverNow()).toBe(NOW);
});

it.each([8, -8])("is the server's on a device whose clock is %d days fast", async (days) => {
  const { serverNow, learnServerTime } = await newPage();
  vi.setSystemTime(NOW + days * DAY_MS);
  learnServerTime("Fri, 20 Nov 2026 10:00:00 GMT");
  vi.advanceTimersByTime(5000);
  expect(serverNow()).toBe(NOW + 5000);
});

it("stays the server's when the device's clock is set", async () => {
  const { serverNow, learnServerTime } = await newPage();
  learnServerTime("Fri, 20 Nov 2026 10:00:00 GMT");
  vi.setSystemTime(NOW + 8 * DAY_MS);
  expect(serverNow()).toBe(NOW);
});

it("follows the latest response, and ignores one without a date", async () => {
  const { serverNow, learnServerTime } = await newPage();
  learnServerTime("Fri, 20 Nov 2026 10:00:00 GMT");
  learnServerTime("Fri, 20 Nov 2026 11:00:00 GMT");
  learnServerTime(null);
  learnServerTime("soon");
  expect(serverNow()).toBe(NOW + 3_600_000);
});
