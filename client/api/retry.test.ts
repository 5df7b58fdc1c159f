import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { connectionFailed, ProblemError, type ClientCode } from "../errors.ts";
import { backoff, isRetryableStatus, mayRetry, parseRetryAfter, retry } from "./retry.ts";
import { sleep } from "../sleep.ts";

function problem(code: ClientCode, retryAfter: number | null = null): ProblemError {
  return new ProblemError({ code, detail: "" }, { retryAfter });
}

test("the wait grows to a cap, is never below zero nor what the server asked", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.nat({ max: 600_000 }), (failures, asked) => {
      expect(backoff(failures)).toBeLessThanOrEqual(Math.min(30_000, 500 * 2 ** (failures - 1)));
      expect(backoff(failures)).toBeGreaterThanOrEqual(0);
      expect(backoff(failures, asked)).toBeGreaterThanOrEqual(asked);
    }),
  );
});

test("statuses worth another try", () => {
  const statuses = [200, 304, 400, 401, 404, 408, 409, 413, 422, 425, 429, 500, 502, 503, 504];
  expect(statuses.filter(isRetryableStatus)).toEqual([408, 425, 429, 500, 502, 503, 504]);
});

test("Retry-After in seconds, as a date, absent and nonsense", () => {
  const now = Date.parse("2026-11-20T10:00:00Z");
  expect(parseRetryAfter("3", now)).toBe(3000);
  expect(parseRetryAfter("Fri, 20 Nov 2026 10:00:07 GMT", now)).toBe(7000);
  expect(parseRetryAfter("Fri, 20 Nov 2026 09:00:00 GMT", now)).toBe(0);
  expect([parseRetryAfter(null), parseRetryAfter(""), parseRetryAfter("soon")]).toEqual([
    null,
    null,
    null,
  ]);
});

test("what is tried again, and how often", () => {
  expect(mayRetry(connectionFailed(), 9)).toBe(true);
  expect(mayRetry(connectionFailed(), 10)).toBe(false);
  expect(mayRetry(problem("checksum_mismatch"), 2)).toBe(true);
  expect(mayRetry(problem("checksum_mismatch"), 3)).toBe(false);
  expect(mayRetry(problem("type_refused"), 1)).toBe(false);
  expect(mayRetry(problem("not_configured"), 1)).toBe(false);
  expect(mayRetry(problem("rate_limited", 2000), 1)).toBe(true);
  expect(mayRetry(problem("quota_exceeded", 86_400_000), 1)).toBe(false);
});

describe("with time in hand", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
  const { signal } = new AbortController();

  test("a call is made again until it succeeds", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    const call = vi.fn<() => Promise<string>>();
    call
      .mockRejectedValueOnce(connectionFailed())
      .mockRejectedValueOnce(problem("rate_limited", 5000));
    call.mockResolvedValue("done");
    const answer = retry(call, signal);
    await vi.advanceTimersByTimeAsync(500);
    expect(call).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(4900);
    expect(call).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(1100);
    await expect(answer).resolves.toBe("done");
    expect(call).toHaveBeenCalledTimes(3);
  });

  test("a problem that will not pass is thrown at once, one that does not pass in the end", async () => {
    const forbidden = vi.fn(() => Promise.reject(problem("forbidden")));
    await expect(retry(forbidden, signal)).rejects.toMatchObject({ code: "forbidden" });
    expect(forbidden).toHaveBeenCalledTimes(1);
    const cut = vi.fn(() => Promise.reject(connectionFailed()));
    const end = retry(cut, signal).catch((error: unknown) => error);
    await vi.runAllTimersAsync();
    expect(await end).toMatchObject({ code: "connection_failed" });
    expect(cut).toHaveBeenCalledTimes(80);
  });

  test.each([
    connectionFailed(),
    new ProblemError({ code: "unexpected_answer", detail: "" }, { retryable: true }),
  ])(
    "a server that is back is called within two seconds, however long it was away: $code",
    async (away) => {
      vi.spyOn(Math, "random").mockReturnValue(1);
      let isBack = false;
      const call = vi.fn(() => (isBack ? Promise.resolve("done") : Promise.reject(away)));
      const answer = retry(call, signal);
      await vi.advanceTimersByTimeAsync(70_000);
      isBack = true;
      await vi.advanceTimersByTimeAsync(2000);
      await expect(answer).resolves.toBe("done");
    },
  );

  test("a server that is there, and in trouble, is called less and less", async () => {
    vi.spyOn(Math, "random").mockReturnValue(1);
    const call = vi.fn(() => Promise.reject(problem("internal_error")));
    const end = retry(call, signal).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(call).toHaveBeenCalledTimes(7);
    await vi.runAllTimersAsync();
    expect(await end).toMatchObject({ code: "internal_error" });
    expect(call).toHaveBeenCalledTimes(10);
  });

  test("who is asked to wait is told for how long, and uses up no tries", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    const call = vi.fn<() => Promise<string>>();
    for (let tries = 0; tries < 30; tries++)
      call.mockRejectedValueOnce(problem("rate_limited", 3000));
    call.mockResolvedValue("done");
    const asked = vi.fn();
    const answer = retry(call, signal, asked);
    await vi.runAllTimersAsync();
    await expect(answer).resolves.toBe("done");
    expect(asked.mock.calls).toEqual(Array.from({ length: 30 }, () => [[3000], [null]]).flat());
  });

  test("who is not told for how long does use them up", async () => {
    const call = vi.fn(() => Promise.reject(problem("rate_limited")));
    const end = retry(call, signal).catch((error: unknown) => error);
    await vi.runAllTimersAsync();
    expect(await end).toMatchObject({ code: "rate_limited" });
    expect(call).toHaveBeenCalledTimes(10);
  });

  test("sleep ends early when aborted, and leaves no timer", async () => {
    const controller = new AbortController();
    const asleep = sleep(60_000, controller.signal).catch((error: unknown) => error);
    controller.abort(new Error("enough"));
    expect(await asleep).toMatchObject({ message: "enough" });
    expect(vi.getTimerCount()).toBe(0);
    await expect(sleep(1, controller.signal)).rejects.toThrow("enough");
  });
});
