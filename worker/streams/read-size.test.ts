import { describe, expect, test } from "vitest";
import { ReadSize } from "./read-size.ts";

/** Returns the time in ms that each of the reads takes of a body with this many bytes per second. */
function times(size: ReadSize, bytesPerSecond: number, reads: number): number[] {
  return Array.from({ length: reads }, () => {
    const { bytes } = size;
    const ms = (bytes / bytesPerSecond) * 1000;
    size.adapt(bytes, ms);
    return ms;
  });
}

describe("a body is read every few seconds", () => {
  test.each([1, 10, 512, 1500, 20_000])("at %i bytes per second", (bytesPerSecond) => {
    expect(Math.max(...times(new ReadSize(), bytesPerSecond, 100))).toBeLessThanOrEqual(5000);
  });

  test("after it has been fast and becomes as slow as is accepted", () => {
    const size = new ReadSize();
    times(size, 100_000_000, 100);
    const [first = 0, ...others] = times(size, 512, 20);
    expect(first).toBeLessThan(60_000);
    expect(Math.max(...others)).toBeLessThanOrEqual(5000);
  });

  test("after its first bytes have arrived at once", () => {
    const size = new ReadSize();
    for (let read = 0; read < 5; read++) size.adapt(65_536, 0);
    expect(Math.max(...times(size, 10, 20))).toBeLessThanOrEqual(5000);
  });
});

test("reads of a fast body wait for many bytes", () => {
  const size = new ReadSize();
  times(size, 10_000_000, 100);
  expect(size.bytes).toBeGreaterThanOrEqual(16_384);
});
