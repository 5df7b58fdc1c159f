/** The values of a stored file that conditional headers are compared with. */
export interface Validators {
  /** With quotes; always strong. */
  etag: string;
  /** Time at which the file was stored. */
  lastModified: Date;
}

/** RFC 9110: `*`, or a comma-separated list of entity tags. */
const TAG = String.raw`(?:W/)?"[\x21\x23-\x7e]*"`;
const TAGS = new RegExp(String.raw`^\s*(?:\*|${TAG}(?:\s*,\s*(?:${TAG}|\*))*)\s*$`, "u");
const EACH_TAG = new RegExp(String.raw`\*(?=\s*(?:,|$))|${TAG}`, "gu");

/** The only date format of RFC 9110 that clients still send. */
const DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/u;

const CONDITIONS = ["If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"];

/** True if the response depends on the file's validators. */
export function hasCondition(request: Headers): boolean {
  return CONDITIONS.some((name) => request.has(name)) || isDate(request.get("If-Range"));
}

/**
 * Returns the status of a request whose conditions don't hold, in the order of RFC 9110; null if they
 * hold. Malformed conditions are ignored, as it says.
 */
export function failedCondition(
  request: Headers,
  validators: Pick<Validators, "etag"> & Partial<Validators>,
): 304 | 412 | null {
  const isExpected =
    matchesTags(request.get("If-Match"), [validators.etag]) ??
    isNotNewer(request.get("If-Unmodified-Since"), validators);
  if (isExpected === false) return 412;
  const isKnown =
    matchesTags(request.get("If-None-Match"), [validators.etag, `W/${validators.etag}`]) ??
    isNotNewer(request.get("If-Modified-Since"), validators);
  return isKnown === true ? 304 : null;
}

/** True if a range may be returned: the client's `If-Range` names this version, or it sent none. */
export function isRangeCurrent(
  request: Headers,
  { etag, lastModified }: Pick<Validators, "etag"> & Partial<Validators>,
): boolean {
  const version = request.get("If-Range");
  if (version === null || version === etag) return true;
  return lastModified !== undefined && version === httpDate(lastModified);
}

/** Returns the strong tags of a list, without their quotes, and `*`. None of a malformed list. */
export function entityTags(list: string): string[] {
  if (!TAGS.test(list)) return [];
  const tags = (list.match(EACH_TAG) ?? []).filter((tag) => !tag.startsWith("W/"));
  return tags.map((tag) => tag.replaceAll('"', ""));
}

/** Returns a time as HTTP writes it, in whole seconds. */
export function httpDate(time: Date): string {
  return time.toUTCString();
}

/** Returns true if a tag of the list is `*` or one of `accepted`; null without a valid list. */
function matchesTags(list: string | null, accepted: readonly string[]): boolean | null {
  if (list === null || !TAGS.test(list)) return null;
  return (list.match(EACH_TAG) ?? []).some((tag) => tag === "*" || accepted.includes(tag));
}

/** Returns true if the file was stored at the date or before; null without two valid dates. */
function isNotNewer(date: string | null, { lastModified }: Partial<Validators>): boolean | null {
  if (!isDate(date) || lastModified === undefined) return null;
  return Date.parse(httpDate(lastModified)) <= Date.parse(date);
}

function isDate(value: string | null): value is string {
  return value !== null && DATE.test(value) && !Number.isNaN(Date.parse(value));
}
