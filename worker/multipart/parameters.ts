/** A way to write the value of a quoted parameter. */
interface Notation {
  /** Matches one parameter. Each text matches in one way only, so that a long header takes one pass. */
  parameter: RegExp;
  decode: (quoted: string) => string;
}

/** Backslashes escape quotes and backslashes (RFC 9110), as in Go, Python and `curl --form-escape`. */
const ESCAPED: Notation = {
  parameter: /[\t ]*;[\t ]*([^\s;="]+)[\t ]*=[\t ]*(?:"((?:[^"\\]|\\[^])*)"|([^\s;"]*))/guy,
  decode: (quoted) => decodePercent(quoted.includes("\\") ? unescape(quoted) : quoted),
};

/** Backslashes are themselves (WHATWG), as in browsers. A quote within the value is followed by more. */
const LITERAL: Notation = {
  parameter:
    /[\t ]*;[\t ]*([^\s;="]+)[\t ]*=[\t ]*(?:"((?:[^"]|"(?![\t ]*(?:;|$)))*)"|([^\s;"]*))/guy,
  decode: decodePercent,
};

/**
 * Returns the parameters of a header by lower-case name: `; name="value"` or `; name=token`. Backslashes
 * are escapes, unless the header cannot be read to its end that way: `filename="C:\"`.
 */
export function parseParameters(header: string): Map<string, string> {
  const start = header.indexOf(";");
  if (start === -1) return new Map();
  const text = header.slice(start);
  const escaped = readParameters(text, ESCAPED);
  const isReadable = escaped.end === text.length || /^[\t ;]*$/u.test(text.slice(escaped.end));
  return isReadable ? escaped.values : readParameters(text, LITERAL).values;
}

function readParameters(text: string, { parameter, decode }: Notation) {
  const values = new Map<string, string>();
  let end = 0;
  for (const match of text.matchAll(parameter)) {
    const [whole, name = "", quoted, token = ""] = match;
    values.set(name.toLowerCase(), quoted === undefined ? token : decode(quoted));
    end = match.index + whole.length;
  }
  return { values, end };
}

function unescape(quoted: string): string {
  return quoted.replaceAll(/\\(["\\])/gu, "$1");
}

/** Decodes the escapes of browsers: quotes and line breaks only, so that other names stay as they are. */
function decodePercent(text: string): string {
  if (!text.includes("%")) return text;
  return text.replaceAll(/%(22|0D|0A)/giu, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
