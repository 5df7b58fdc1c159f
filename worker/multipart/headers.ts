import { ProblemError } from "../http/problem.ts";

const UTF8 = new TextDecoder();

/** The headers of one part of a form. */
export interface FormPart {
  /** Name of the field. */
  name: string;
  /** Undefined if the part is not a file. */
  filename: string | undefined;
  contentType: string | undefined;
  /** Values by lower-case name. The values of a repeated header are joined with commas. */
  headers: ReadonlyMap<string, string>;
}

/** A name is a token (RFC 9110); a value has no control characters except tabs. */
const HEADER = /^([!#$%&'*+.^_`|~\w-]+):[\t ]*([^\0-\x08\x0a-\x1f\x7f]*)$/u;

/** `; name="value"` or `; name=token`. A backslash escapes a quote if another quote follows. */
const PARAMETER = /\s*;\s*([\w*-]+)=(?:"((?:\\"|[^"])*)"|([^;\s"]*))/guy;

/**
 * Returns the boundary in a `Content-Type`.
 *
 * @throws ProblemError `malformed_multipart` if it is not that of a form
 */
export function parseBoundary(contentType: string): string {
  const boundary = parseParameters(contentType).get("boundary") ?? "";
  if (/^\s*multipart\/form-data\s*;/iu.test(contentType) && /^[\x20-\x7e]{1,70}$/u.test(boundary))
    return boundary;
  throw malformed("its Content-Type has no valid boundary");
}

/**
 * Parses the headers of a part. They are UTF-8, as browsers send file names.
 *
 * @param bytes from the end of the boundary to the empty line
 * @throws ProblemError `malformed_multipart`
 */
export function parsePartHeaders(bytes: Uint8Array): FormPart {
  const headers = parseHeaders(UTF8.decode(bytes));
  const parameters = parseParameters(headers.get("content-disposition") ?? "");
  const name = parameters.get("name");
  if (name === undefined) throw malformed("a part has no name");
  const filename = decodeExtended(parameters.get("filename*")) ?? parameters.get("filename");
  return { name, filename, contentType: headers.get("content-type"), headers };
}

export function malformed(why: string): ProblemError {
  return new ProblemError(
    "malformed_multipart",
    `The form is malformed, as ${why}; send valid multipart/form-data.`,
  );
}

function parseHeaders(text: string): Map<string, string> {
  const [boundaryLine = "", ...lines] = text.split("\r\n");
  if (boundaryLine.trim() !== "") throw malformed("text follows a boundary in its line");
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name = "", value = ""] = HEADER.exec(line) ?? [];
    if (name === "") throw malformed("a header of a part is invalid");
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

/** Decodes the escapes of browsers (WHATWG: `%22`) and of other programs (RFC 9110: `\\"`). */
function decodeQuoted(quoted: string): string {
  return quoted
    .replaceAll('\\"', '"')
    .replaceAll(/%(22|0D|0A)/giu, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
}

/** Decodes `UTF-8''percent-encoded` (RFC 5987). */
function decodeExtended(value: string | undefined): string | undefined {
  const encoded = /^utf-8'[^']*'(.*)$/iu.exec(value ?? "")?.[1];
  if (encoded === undefined) return undefined;
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw malformed("a file name cannot be decoded");
  }
}
