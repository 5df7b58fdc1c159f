import { ProblemError } from "../http/problem.ts";

/** What a form says of one of its parts. */
export interface FormPart {
  /** Of the field. */
  name: string;
  /** Of the file; undefined where the part is none. */
  filename: string | undefined;
  contentType: string | undefined;
  /** By lower-case name; of one that stands there more than once, the values joined. */
  headers: ReadonlyMap<string, string>;
}

/** Names are tokens (RFC 9110); values hold no control characters but tabs. */
const HEADER = /^([!#$%&'*+.^_`|~\w-]+):[\t ]*([^\0-\x08\x0a-\x1f\x7f]*)$/u;

/** `; name="value"`, or a bare token; a backslash escapes the quote, where one follows to end it. */
const PARAMETER = /\s*;\s*([\w*-]+)=(?:"((?:\\"|[^"])*)"|([^;\s"]*))/guy;

/**
 * The boundary that a `Content-Type` names.
 *
 * @throws ProblemError `malformed_multipart` where it is no form's
 */
export function parseBoundary(contentType: string): string {
  const boundary = parseParameters(contentType).get("boundary") ?? "";
  if (/^\s*multipart\/form-data\s*;/iu.test(contentType) && /^[\x20-\x7e]{1,70}$/u.test(boundary))
    return boundary;
  throw malformed("its Content-Type names no boundary");
}

/**
 * Reads a part's headers: UTF-8, as browsers send names.
 *
 * @param bytes from behind the boundary to before the empty line
 * @throws ProblemError `malformed_multipart`
 */
export function parsePartHeaders(bytes: Uint8Array): FormPart {
  const headers = parseHeaders(new TextDecoder().decode(bytes));
  const parameters = parseParameters(headers.get("content-disposition") ?? "");
  const name = parameters.get("name");
  if (name === undefined) throw malformed("a part has no name");
  const filename = decodeExtended(parameters.get("filename*")) ?? parameters.get("filename");
  return { name, filename, contentType: headers.get("content-type"), headers };
}

export function malformed(why: string): ProblemError {
  return new ProblemError(
    "malformed_multipart",
    `Send the form again as multipart/form-data: ${why}.`,
  );
}

function parseHeaders(text: string): Map<string, string> {
  const [boundaryLine = "", ...lines] = text.split("\r\n");
  if (boundaryLine.trim() !== "") throw malformed("a boundary does not end its line");
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name = "", value = ""] = HEADER.exec(line) ?? [];
    if (name === "") throw malformed("a part's headers cannot be read");
    const key = name.toLowerCase();
    const before = headers.get(key);
    headers.set(key, before === undefined ? value.trimEnd() : `${before},${value.trimEnd()}`);
  }
  return headers;
}

function parseParameters(header: string): Map<string, string> {
  const parameters = header.replace(/^[^;]*/u, "").matchAll(PARAMETER);
  const pairs = Array.from(parameters, ([, key = "", quoted, token = ""]) => {
    return [key.toLowerCase(), quoted === undefined ? token : decodeQuoted(quoted)] as const;
  });
  return new Map(pairs);
}

/** What browsers (WHATWG) and programs (RFC 9110) write for what cannot stand between quotes. */
function decodeQuoted(quoted: string): string {
  return quoted
    .replaceAll('\\"', '"')
    .replaceAll(/%(22|0D|0A)/giu, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
}

/** RFC 5987: `UTF-8''percent-encoded`. */
function decodeExtended(value: string | undefined): string | undefined {
  const encoded = /^utf-8'[^']*'(.*)$/iu.exec(value ?? "")?.[1];
  if (encoded === undefined) return undefined;
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw malformed("a part's file name cannot be decoded");
  }
}
