import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ServerLimits } from "./server-limits.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("waits three seconds for limits that don't come, and asks again for the next drop", async () => {
  const never = vi.fn((): Promise<string> => new Promise(() => undefined));
  const limits = new ServerLimits(() => ({ endpoint: "http://127.0.0.1:9", grant: never }));
  const ends: string[] = [];
  void limits.ready().then(() => ends.push("first"));
  await vi.advanceTimersByTimeAsync(2999);
  expect(ends).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(ends).toEqual(["first"]);
  void limits.ready().then(() => ends.push("second"));
  expect(never).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(3000);
  expect(ends).toEqual(["first", "second"]);
});
