import { ProblemError } from "../http/problem.ts";

/** A range of a file, in bytes. */
export interface ByteRange {
  offset: number;
  length: number;
}

/**
 * Returns the range that a `Range` header (RFC 9110) asks for. Returns null, for the whole file, if
 * there is no header or it asks for something that is not supported. Several ranges are not: each would
 * be a read of its own, and one request could ask for a thousand.
 *
 * @throws ProblemError `range_not_satisfiable` for a range outside the file
 */
export function parseRange(header: string | null, size: number): ByteRange | null {
  const range = parseSuffix(header ?? "", size) ?? parseFromTo(header ?? "", size);
  if (!range) return null;
  const { offset, end } = range;
  if (offset < end) return { offset, length: end - offset };
  throw new ProblemError(
    "range_not_satisfiable",
    `The range ${header} is outside the file; request a range within its ${size} bytes.`,
    { headers: { "Content-Range": `bytes */${size}` } },
  );
}

function parseSuffix(header: string, size: number) {
  const length = /^bytes=-(\d+)$/iu.exec(header)?.[1];
  return length === undefined ? null : { offset: Math.max(0, size - Number(length)), end: size };
}

function parseFromTo(header: string, size: number) {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/iu.exec(header) ?? [];
  if (first === undefined) return null;
  const offset = Number(first);
  if (!last) return { offset, end: size };
  return Number(last) < offset ? null : { offset, end: Math.min(Number(last) + 1, size) };
}
