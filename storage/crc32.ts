import { crc32 } from "node:zlib";
import { partSize } from "../protocol/index.ts";

export { crc32 };

/** CRC-32's polynomial, with the coefficient of x⁰ in the highest bit, like all polynomials here. */
const POLYNOMIAL = 0xed_b8_83_20;
/** The polynomial 1. */
const ONE = 0x80_00_00_00;
/** x to the powers of two, from x¹: these repeat after x to the power of 2³¹. */
const POWERS = powersOfX();
/** The exponent of two for the bits of one byte. */
const BYTE = 3;

/** Bytes that follow others. */
interface Piece {
  crc32: number;
  /** Number of bytes. */
  length: number;
}

/** Returns the CRC-32 of pieces, one after the other: a file's parts arrive in any order. */
export function combinedCrc32(pieces: Iterable<Piece>): number {
  let combined = 0;
  for (const piece of pieces) combined = shifted(combined, piece.length) ^ piece.crc32;
  return combined >>> 0;
}

/** Returns the CRC-32 of a file. @param crc32s those of its parts, in order of their numbers */
export function partsCrc32(size: number, crc32s: readonly number[]): number {
  return combinedCrc32(
    crc32s.map((part, index) => ({ crc32: part, length: partSize(size, index + 1) })),
  );
}

/** Returns a CRC-32 as it is after `bytes` zeros: multiplied by x to the power of their bits. */
function shifted(crc: number, bytes: number): number {
  let result = crc;
  // Sizes have more bits than JavaScript's bitwise operators take.
  for (let rest = bytes, power = BYTE; rest > 0; rest = Math.floor(rest / 2), power++) {
    if (rest % 2 === 1) result = multiplied(POWERS[power % POWERS.length] ?? ONE, result);
  }
  return result;
}

/** Multiplies two polynomials, modulo the polynomial of CRC-32. */
function multiplied(a: number, b: number): number {
  let product = 0;
  let term = b;
  for (let mask = ONE; mask !== 0; mask >>>= 1) {
    if ((a & mask) !== 0) product ^= term;
    term = (term & 1) === 0 ? term >>> 1 : (term >>> 1) ^ POLYNOMIAL;
  }
  return product >>> 0;
}

function powersOfX(): number[] {
  const powers = [ONE >>> 1];
  for (let last = ONE >>> 1; powers.length < 32; powers.push(last)) last = multiplied(last, last);
  return powers;
}
