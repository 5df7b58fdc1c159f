import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { connectionFailed, ProblemError, type ClientCode } from "../errors.ts";
import { backoff, retry, RetryBudget, retryForever } from "./retry.ts";

function problem(code: ClientCode, retryAfter: number | null = null): ProblemError {
  return new ProblemError({ code, detail: "" }, { retryAfter });
}

test("backoff grows up to a cap and never falls below retryAfter", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }),
      fc.nat({ max: 600_000 }),
      (failures, retryAfter) => {
        expect(backoff(failures)).toBeLessThanOrEqual(Math.min(30_000, 500 * 2 ** (failures - 1)));
        expect(backoff(failures)).toBeGreaterThanOrEqual(0);
        expect(backoff(failures, { retryAfter })).toBeGreaterThanOrEqual(retryAfter);
      },
    ),
  );
});

/** Returns how many tries a budget allows for this problem. */
function triesFor(failure: ProblemError): number {
  const budget = new RetryBudget();
  for (let tries = 1; ; tries++) if (budget.fail(failure) === null) return tries;
}

describe("RetryBudget", () => {
  test("allows ten tries for a connection, three for content, one for a lasting problem", () => {
    expect(triesFor(connectionFailed())).toBe(10);
    expect(triesFor(problem("checksum_mismatch"))).toBe(3);
    expect(triesFor(problem("type_refused"))).toBe(1);
    expect(triesFor(problem("not_configured"))).toBe(1);
  });

  test("gives up if Retry-After is longer than ten minutes", () => {
    expect(new RetryBudget().allows(problem("rate_limited", 2000))).toBe(true);
    expect(new RetryBudget().allows(problem("quota_exceeded", 86_400_000))).toBe(false);
  });

  test.each(["rate_limited", "busy"] as const)("doesn't count %s with Retry-After", (code) => {
    const budget = new RetryBudget();
    for (let tries = 0; tries < 30; tries++) {
      expect(budget.fail(problem(code, 2000))).toBeGreaterThanOrEqual(2000);
    }
  });

  test("has all tries after a reset", () => {
    const budget = new RetryBudget();
    for (let tries = 0; tries < 10; tries++) budget.fail(connectionFailed());
    expect(budget.allows(connectionFailed())).toBe(false);
    budget.reset();
    expect(budget.allows(connectionFailed())).toBe(true);
  });
});

describe("retry", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
  const { signal } = new AbortController();

  test("repeats a request until it succeeds", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    const call = vi.fn<() => Promise<string>>();
    call
      .mockRejectedValueOnce(connectionFailed())
      .mockRejectedValueOnce(problem("rate_limited", 5000));
    call.mockResolvedValue("done");
    const result = retry(call, { signal });
    await vi.advanceTimersByTimeAsync(500);
    expect(call).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(4900);
    expect(call).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(1100);
    await expect(result).resolves.toBe("done");
    expect(call).toHaveBeenCalledTimes(3);
  });

  test("throws a lasting problem at once, and a passing one after all tries", async () => {
    const forbidden = vi.fn(() => Promise.reject(problem("forbidden")));
    await expect(retry(forbidden, { signal })).rejects.toMatchObject({ code: "forbidden" });
    expect(forbidden).toHaveBeenCalledTimes(1);
    const cut = vi.fn(() => Promise.reject(connectionFailed()));
    const end = retry(cut, { signal }).catch((error: unknown) => error);
    await vi.runAllTimersAsync();
    expect(await end).toMatchObject({ code: "connection_failed" });
    expect(cut).toHaveBeenCalledTimes(80);
  });

  test.each([connectionFailed(), problem("foreign_response")])(
    "probes an unreachable server at least every two seconds: $code",
    async (away) => {
      vi.spyOn(Math, "random").mockReturnValue(1);
      let isBack = false;
      const call = vi.fn(() => (isBack ? Promise.resolve("done") : Promise.reject(away)));
      const result = retry(call, { signal });
      await vi.advanceTimersByTimeAsync(70_000);
      isBack = true;
      await vi.advanceTimersByTimeAsync(2000);
      await expect(result).resolves.toBe("done");
    },
  );

  test("backs off from a server that responds with errors", async () => {
    vi.spyOn(Math, "random").mockReturnValue(1);
    const call = vi.fn(() => Promise.reject(problem("internal_error")));
    const end = retry(call, { signal }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(call).toHaveBeenCalledTimes(7);
    await vi.runAllTimersAsync();
    expect(await end).toMatchObject({ code: "internal_error" });
    expect(call).toHaveBeenCalledTimes(10);
  });

  test("reports rate limits, which use up no tries", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    const call = vi.fn<() => Promise<string>>();
    for (let tries = 0; tries < 30; tries++)
      call.mockRejectedValueOnce(problem("rate_limited", 3000));
    call.mockResolvedValue("done");
    const onRateLimited = vi.fn();
    const result = retry(call, { signal, onRateLimited });
    await vi.runAllTimersAsync();
    await expect(result).resolves.toBe("done");
    expect(onRateLimited.mock.calls).toEqual(
      Array.from({ length: 30 }, () => [
        [3000, "rate_limited"],
        [null, null],
      ]).flat(),
    );
  });

  test("counts rate limits without Retry-After as tries", async () => {
    const call = vi.fn(() => Promise.reject(problem("rate_limited")));
    const end = retry(call, { signal }).catch((error: unknown) => error);
    await vi.runAllTimersAsync();
    expect(await end).toMatchObject({ code: "rate_limited" });
    expect(call).toHaveBeenCalledTimes(10);
  });

  test("retryForever starts another round of tries until the server decides", async () => {
    const call = vi.fn<() => Promise<string>>();
    call
      .mockRejectedValueOnce(problem("storage_failed"))
      .mockRejectedValueOnce(problem("internal_error"))
      .mockRejectedValueOnce(problem("forbidden"));
    const onFailure = vi.fn();
    const end = retryForever(call, signal, onFailure).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(call).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await end).toMatchObject({ code: "forbidden" });
    expect(onFailure).toHaveBeenCalledTimes(2);
  });
});
