import { expect, test } from "vitest";
import { ConfirmedRate } from "./confirmed-rate.ts";

test("is the confirmed bytes per second, from the first request on", () => {
  const rate = new ConfirmedRate();
  expect(rate.at(5000)).toBe(0);
  rate.begin(5000);
  rate.add(300, 5300);
  expect(rate.at(5300)).toBe(1000);
  rate.add(700, 5700);
  expect(rate.at(6000)).toBe(1000);
});

test("follows a rise within half a second, and a fall within a few", () => {
  const rate = new ConfirmedRate();
  rate.begin(0);
  const confirm = (bytes: number, from: number, to: number) => {
    for (let ms = from + 100; ms <= to; ms += 100) rate.add(bytes, ms);
  };
  confirm(10, 0, 10_000);
  confirm(100, 10_000, 10_500);
  expect(rate.at(10_500)).toBeGreaterThanOrEqual(1000);
  confirm(10, 10_500, 15_000);
  expect(rate.at(15_000)).toBeCloseTo(100);
});

test("bytes that are confirmed all at once count for the time since the previous ones", () => {
  const rate = new ConfirmedRate();
  rate.begin(0);
  rate.add(2000, 2000);
  rate.add(2000, 4000);
  expect(rate.at(4000)).toBe(1000);
});

test("time without requests doesn't count", () => {
  const rate = new ConfirmedRate();
  rate.begin(0);
  rate.add(1000, 1000);
  rate.end(1000);
  expect(rate.at(60_000)).toBe(1000);
  rate.begin(60_000);
  rate.begin(60_100);
  rate.end(60_200);
  rate.add(1000, 61_000);
  expect(rate.at(61_000)).toBe(1000);
});
