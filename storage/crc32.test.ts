import { describe, expect, test } from "vitest";
import { MIB } from "../protocol/index.ts";
import { combinedCrc32, crc32 } from "./crc32.ts";

const random = (length: number) => {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536)
    crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
};

/** Returns the CRC-32 of bytes with so many zeros behind them. */
function withZeros(bytes: Uint8Array, zeros: number): number {
  const block = new Uint8Array(64 * MIB);
  let value = crc32(bytes);
  for (let left = zeros; left > 0; left -= block.length)
    value = crc32(block.subarray(0, Math.min(left, block.length)), value);
  return value;
}

test("has the check value of CRC-32", () => {
  expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcb_f4_39_26);
});

describe("combinedCrc32", () => {
  test.each([[], [0], [1], [0, 5, 0], [1, 1], [3, 1000, 7], [65_536, 1], [100_000, 31, 0, 99_999]])(
    "of the pieces %j is that of all bytes",
    (...lengths) => {
      const pieces = lengths.map(random);
      const whole = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
      let at = 0;
      for (const piece of pieces) {
        whole.set(piece, at);
        at += piece.length;
      }
      const known = pieces.map((piece) => ({ crc32: crc32(piece), length: piece.length }));
      expect(combinedCrc32(known)).toBe(crc32(whole));
    },
  );

  test("takes pieces of more than 4 GiB", () => {
    const length = 2 ** 32 + 5;
    const head = random(5);
    const zeros = { crc32: withZeros(random(0), length), length };
    const pieces = [{ crc32: crc32(head), length: head.length }, zeros];
    expect(combinedCrc32(pieces)).toBe(withZeros(head, length));
  });
});
