/** RFC 9110: `*`, or entity tags with commas between. */
const TAG = String.raw`(?:W/)?"[\x21\x23-\x7e]*"`;
const TAGS = new RegExp(String.raw`^\s*(?:\*|${TAG}(?:\s*,\s*(?:${TAG}|\*))*)\s*$`, "u");

/** RFC 9110's own form of a date, which is all that anybody writes. */
const DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/u;

const CONDITIONS: readonly [name: string, isReadable: (value: string) => boolean][] = [
  ["If-Match", (value) => TAGS.test(value)],
  ["If-None-Match", (value) => TAGS.test(value)],
  ["If-Modified-Since", isDate],
  ["If-Unmodified-Since", isDate],
];

/**
 * The conditions of a request that can be read; others are as good as none (RFC 9110). R2 would take
 * them for an error of its own, or for conditions that do not hold.
 */
export function preconditionsOf(request: Headers): Headers {
  const conditions = new Headers();
  for (const [name, isReadable] of CONDITIONS) {
    const value = request.get(name);
    if (value !== null && isReadable(value)) conditions.set(name, value);
  }
  return conditions;
}

function isDate(value: string): boolean {
  return DATE.test(value) && !Number.isNaN(Date.parse(value));
}
