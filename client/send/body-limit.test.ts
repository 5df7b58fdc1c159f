import * as fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { MIB } from "../../protocol/index.ts";
import { BodyLimit } from "./body-limit.ts";

afterEach(() => {
  vi.useRealTimers();
});

test("without a refusal there is no limit", () => {
  const limit = new BodyLimit();
  limit.accept(MIB);
  expect([limit.bytes, limit.refuses(64 * MIB)]).toEqual([Number.POSITIVE_INFINITY, false]);
});

test("each refusal lowers the limit to the next common one", () => {
  const limit = new BodyLimit();
  const limits = [8 * MIB, 4 * MIB, 2 * MIB, MIB + 1].map((bytes) => {
    limit.refuse(bytes);
    return limit.bytes;
  });
  expect(limits).toEqual([4 * MIB, 2 * MIB, MIB, MIB]);
  limit.refuse(65_536);
  expect(limit.bytes).toBe(32_768);
});

test("a body that arrived isn't above the limit", () => {
  const limit = new BodyLimit();
  limit.accept(5 * MIB);
  limit.refuse(8 * MIB);
  expect(limit.bytes).toBe(5 * MIB);
  expect([limit.refuses(6 * MIB), limit.refuses(8 * MIB)]).toEqual([false, true]);
});

test("a body isn't refused for its length if it's tiny, or a longer one has just arrived", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const limit = new BodyLimit();
  expect(limit.refuse(10_000)).toBe(false);
  limit.accept(5 * MIB);
  vi.advanceTimersByTime(9000);
  expect([limit.refuse(1.5 * MIB), limit.bytes]).toEqual([false, Number.POSITIVE_INFINITY]);
});

test("a refused body that is shorter than one that arrived long before lowers the limit", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const limit = new BodyLimit();
  limit.accept(5 * MIB);
  vi.advanceTimersByTime(10_000);
  expect([limit.refuse(1.5 * MIB), limit.bytes]).toEqual([true, MIB]);
});

test("files that are too long are still sent until two have failed", () => {
  const limit = new BodyLimit();
  const isHopeless = [1, 2].map(() => {
    limit.refuse(2 * MIB);
    limit.countRefusedFile();
    return limit.isHopeless(2 * MIB);
  });
  expect(isHopeless).toEqual([false, true]);
  expect(limit.isHopeless(MIB)).toBe(false);
  limit.accept(2 * MIB);
  limit.refuse(8 * MIB);
  expect(limit.isHopeless(8 * MIB)).toBe(false);
});

test("a longer body that arrives ends the limit", () => {
  const limit = new BodyLimit();
  limit.refuse(MIB);
  limit.accept(8 * MIB);
  expect(limit.bytes).toBe(Number.POSITIVE_INFINITY);
});

test("a body that broke for its length makes bodies shorter, and no file too long", () => {
  const limit = new BodyLimit();
  limit.suspect(8 * MIB);
  expect([limit.bytes, limit.refuses(8 * MIB)]).toEqual([4 * MIB, false]);
  limit.accept(8 * MIB);
  expect(limit.bytes).toBe(Number.POSITIVE_INFINITY);
});

test("a body that broke is no reason for shorter ones if a longer one arrived, or it's short", () => {
  const limit = new BodyLimit();
  limit.suspect(MIB);
  limit.accept(4 * MIB);
  limit.suspect(3 * MIB);
  expect(limit.bytes).toBe(Number.POSITIVE_INFINITY);
});

test("bodies within any limit of the network arrive after few refusals", () => {
  fc.assert(
    fc.property(fc.integer({ min: 32_768, max: 100 * MIB }), (actual) => {
      const limit = new BodyLimit();
      let refusals = 0;
      for (let bytes = 64 * MIB; bytes > actual; bytes = limit.bytes) {
        limit.refuse(bytes);
        refusals++;
      }
      expect(refusals).toBeLessThanOrEqual(20);
      expect(limit.bytes).toBeGreaterThanOrEqual(Math.min(actual, 64 * MIB) / 2);
    }),
  );
});
