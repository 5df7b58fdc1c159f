import type { PartInfo } from "multipasta";

/** `; name="value"`, or a bare token; a backslash escapes the quote, where one follows to end it. */
const PARAMETER = /\s*;\s*([\w*-]+)=(?:"((?:\\"|[^"])*)"|([^;\s"]*))/guy;

/**
 * A form's part with its names as they were meant. multipasta gives none at all where one holds a
 * character beyond Latin-1, which browsers send as it is, and leaves escaped what they escape.
 */
export function withNames(part: PartInfo): PartInfo {
  const parameters = parametersOf(headerOf(part, "content-disposition"));
  const filename = extended(parameters.get("filename*")) ?? parameters.get("filename");
  return { ...part, name: parameters.get("name") ?? part.name, filename };
}

/** A header of the part; one that stands there more than once has its values joined. */
export function headerOf({ headers }: PartInfo, name: string): string | null {
  const value = headers[name];
  return Array.isArray(value) ? value.join() : (value ?? null);
}

function parametersOf(disposition: string | null): Map<string, string> {
  const parameters = (disposition ?? "").replace(/^[^;]*/u, "").matchAll(PARAMETER);
  const pairs = Array.from(parameters, ([, key = "", quoted, token = ""]) => {
    return [key.toLowerCase(), quoted === undefined ? token : unquoted(quoted)] as const;
  });
  return new Map(pairs);
}

/** What browsers (WHATWG) and programs (RFC 9110) write for what cannot stand between quotes. */
function unquoted(quoted: string): string {
  return quoted
    .replaceAll('\\"', '"')
    .replaceAll(/%(22|0D|0A)/giu, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
}

/** RFC 5987: `UTF-8''percent-encoded`. */
function extended(value: string | undefined): string | undefined {
  const encoded = /^utf-8'[^']*'(.*)$/iu.exec(value ?? "")?.[1];
  return encoded === undefined ? undefined : decodeURIComponent(encoded);
}
