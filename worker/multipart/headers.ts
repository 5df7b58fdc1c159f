import { decodeExtended, decodeText, decodeWords } from "./encoded-text.ts";
import { malformed } from "./malformed.ts";
import { parseParameters } from "./parameters.ts";

/** The headers of one part of a form. */
export interface FormPart {
  /** Name of the field; "" for a file or parts without one. */
  name: string;
  /** Undefined if there is none; "" for a file input in which no file was chosen. */
  filename: string | undefined;
  contentType: string | undefined;
  /** Values by lower-case name. The values of a repeated header are joined with commas. */
  headers: ReadonlyMap<string, string>;
}

/** A name is a token (RFC 9110); a value has no control characters except tabs. */
const HEADER = /^([!#$%&'*+.^_`|~\w-]+):[\t ]*([^\0-\x08\x0a-\x1f\x7f]*)$/u;

const MULTIPART = /^multipart\//iu;

/** A line break within a header, which continues in the next line (RFC 5322). */
const FOLD = /\r\n[\t ]+/gu;

/**
 * Returns the boundary in a `Content-Type`.
 *
 * @throws ProblemError `malformed_multipart` if it is not that of a form
 */
export function parseBoundary(contentType: string): string {
  const boundary = boundaryOf(contentType);
  if (boundary !== null && /^\s*multipart\/form-data\s*;/iu.test(contentType)) return boundary;
  throw malformed("its Content-Type has no valid boundary");
}

/** Returns the boundary of a part that contains the parts of one field; null for any other part. */
export function nestedBoundary({ filename, contentType = "" }: FormPart): string | null {
  if (filename !== undefined || !MULTIPART.test(contentType)) return null;
  return boundaryOf(contentType);
}

function boundaryOf(contentType: string): string | null {
  const boundary = parseParameters(contentType).get("boundary") ?? "";
  return /^[\x20-\x7e]{1,70}$/u.test(boundary) ? boundary : null;
}

/**
 * Parses the headers of a part.
 *
 * @param bytes from the end of the boundary to the empty line
 * @param field name of the field that a nested part belongs to
 * @throws ProblemError `malformed_multipart`
 */
export function parsePartHeaders(bytes: Uint8Array, field?: string): FormPart {
  const headers = parseHeaders(decodeText(bytes));
  const parameters = parseParameters(headers.get("content-disposition") ?? "");
  const filename = parseText(parameters, "filename");
  const contentType = headers.get("content-type");
  const name = parseText(parameters, "name") ?? field;
  if (name === undefined && !needsNoName(filename, contentType))
    throw malformed("a part has no name");
  return { name: name ?? "", filename, contentType, headers };
}

/** True for a file, and for a part of parts, which curl sends for `-F '=(;type=multipart/mixed'`. */
function needsNoName(filename = "", contentType = ""): boolean {
  return filename !== "" || MULTIPART.test(contentType);
}

/** Returns a parameter that may be sent as `name*`, encoded, beside or instead of `name`. */
function parseText(parameters: ReadonlyMap<string, string>, name: string): string | undefined {
  const extended = parameters.get(`${name}*`);
  if (extended !== undefined) return decodeExtended(extended);
  const plain = parameters.get(name);
  return plain === undefined ? undefined : decodeWords(plain);
}

function parseHeaders(text: string): Map<string, string> {
  const lineEnd = text.indexOf("\r\n");
  const [boundaryLine, rest] =
    lineEnd === -1 ? [text, ""] : [text.slice(0, lineEnd), text.slice(lineEnd + 2)];
  if (boundaryLine.trim() !== "") throw malformed("text follows a boundary in its line");
  const headers = new Map<string, string>();
  if (rest === "") return headers;
  for (const line of rest.replaceAll(FOLD, " ").split("\r\n")) {
    const [, name = "", value = ""] = HEADER.exec(line) ?? [];
    if (name === "") throw malformed("a header of a part is invalid");
    const key = name.toLowerCase();
    const before = headers.get(key);
    headers.set(key, before === undefined ? value.trimEnd() : `${before},${value.trimEnd()}`);
  }
  return headers;
}
