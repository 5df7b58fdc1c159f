import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { OutageReport } from "./outage-report.ts";
import type { Outage } from "./transport/reachability.ts";

let reported: (Outage["reason"] | null)[];
let report: OutageReport;

beforeEach(() => {
  vi.useFakeTimers();
  reported = [];
  report = new OutageReport((outage) => reported.push(outage?.reason ?? null));
});
afterEach(() => void vi.useRealTimers());

/** An outage that began some milliseconds ago. */
function outageOf(reason: Outage["reason"], ageMs = 0): Outage {
  return { since: Date.now() - ageMs, reason, detail: "" };
}

test("an outage is reported once it has lasted five seconds", () => {
  report.set(outageOf("network", 2000));
  vi.advanceTimersByTime(2999);
  expect([reported, report.current]).toEqual([[], null]);
  vi.advanceTimersByTime(1);
  expect(reported).toEqual(["network"]);
  report.set(outageOf("foreign", 5000));
  report.set(null);
  expect([reported, report.current]).toEqual([["network", "foreign", null], null]);
});

test("a shorter outage isn't reported at all", () => {
  report.set(outageOf("network"));
  vi.advanceTimersByTime(4000);
  report.set(null);
  vi.advanceTimersByTime(60_000);
  expect(reported).toEqual([]);
});

test("a challenge is reported at once, as only a person can end it", () => {
  report.set(outageOf("network"));
  report.set(outageOf("challenge"));
  expect(reported).toEqual(["challenge"]);
});

test.each([-86_400_000, 86_400_000])("a clock that is set by %i ms changes nothing", (ms) => {
  report.set(outageOf("network", ms));
  vi.advanceTimersByTime(5000);
  expect(reported).toEqual(["network"]);
});

test("nothing is reported after stop()", () => {
  report.set(outageOf("network"));
  report.stop();
  vi.advanceTimersByTime(60_000);
  expect(reported).toEqual([]);
});
