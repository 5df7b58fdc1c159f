import { ProblemError } from "../http/problem.ts";

/** A range of a file, in bytes. */
export interface ByteRange {
  offset: number;
  length: number;
}

/**
 * Returns the range that a `Range` header (RFC 9110) asks for. Returns null, for the whole file, if
 * there is no header or it asks for something that is not supported, such as several ranges.
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
  const length = /^bytes=-(\d+)$/u.exec(header)?.[1];
  return length === undefined ? null : { offset: Math.max(0, size - Number(length)), end: size };
}

function parseFromTo(header: string, size: number) {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/u.exec(header) ?? [];
  if (first === undefined) return null;
  const offset = Number(first);
  if (!last) return { offset, end: size };
  return Number(last) < offset ? null : { offset, end: Math.min(Number(last) + 1, size) };
}

/** RFC 9110: `*`, or a comma-separated list of entity tags. */
const TAG = String.raw`(?:W/)?"[\x21\x23-\x7e]*"`;
const TAGS = new RegExp(String.raw`^\s*(?:\*|${TAG}(?:\s*,\s*(?:${TAG}|\*))*)\s*$`, "u");

/** The only date format of RFC 9110 that clients still send. */
const DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/u;

const CONDITIONS: readonly [name: string, isValid: (value: string) => boolean][] = [
  ["If-Match", (value) => TAGS.test(value)],
  ["If-None-Match", (value) => TAGS.test(value)],
  ["If-Modified-Since", isDate],
  ["If-Unmodified-Since", isDate],
];

/**
 * Returns the valid conditional headers of a request. RFC 9110 says to ignore the others; R2 would
 * throw an error or treat the condition as false.
 */
export function validConditions(request: Headers): Headers {
  const conditions = new Headers();
  for (const [name, isValid] of CONDITIONS) {
    const value = request.get(name);
    if (value !== null && isValid(value)) conditions.set(name, value);
  }
  return conditions;
}

function isDate(value: string): boolean {
  return DATE.test(value) && !Number.isNaN(Date.parse(value));
}
