import { ProblemError } from "../http/problem.ts";

/** A stretch of a file, in bytes. */
export interface ByteRange {
  offset: number;
  length: number;
}

/**
 * The stretch that a `Range` header asks for (RFC 9110); null where it asks for none, or for what is
 * not served here, such as several at once: then the whole file is the answer.
 *
 * @throws ProblemError `range_not_satisfiable` where it lies outside of the file
 */
export function byteRange(header: string | null, size: number): ByteRange | null {
  const asked = lastBytes(header ?? "", size) ?? stretch(header ?? "", size);
  if (!asked) return null;
  const { offset, end } = asked;
  if (offset < end) return { offset, length: end - offset };
  throw new ProblemError("range_not_satisfiable", `Ask for a range of the file's ${size} bytes.`, {
    headers: { "Content-Range": `bytes */${size}` },
  });
}

function lastBytes(header: string, size: number) {
  const length = /^bytes=-(\d+)$/u.exec(header)?.[1];
  return length === undefined ? null : { offset: Math.max(0, size - Number(length)), end: size };
}

function stretch(header: string, size: number) {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/u.exec(header) ?? [];
  if (first === undefined) return null;
  const offset = Number(first);
  if (!last) return { offset, end: size };
  return Number(last) < offset ? null : { offset, end: Math.min(Number(last) + 1, size) };
}
