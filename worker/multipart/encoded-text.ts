import { malformed } from "./malformed.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const ENCODER = new TextEncoder();

/** `charset'language'percent-encoded` (RFC 5987). */
const EXTENDED = /^([\w!#$%&+^`{}~-]+)'[^']*'(.*)$/su;

/** `=?charset?B?base64?=` or `=?charset?Q?quoted-printable?=` (RFC 2047). */
const WORD = /=\?([\w-]+)\?([BQ])\?([^?\s]*)\?=/giu;
const WORDS = /^(?:\s*=\?[\w-]+\?[BQ]\?[^?\s]*\?=)+\s*$/iu;

/**
 * Decodes the value of a parameter such as `filename*`. A value in an unknown charset stays encoded: the
 * name is less important than the file.
 *
 * @throws ProblemError `malformed_multipart` for broken percent-encoding
 */
export function decodeExtended(value: string): string {
  const [, charset = "", encoded = value] = EXTENDED.exec(value) ?? [];
  const decoder = decoderOf(charset);
  if (!decoder) return encoded;
  try {
    return decoder.decode(percentBytes(encoded));
  } catch {
    throw malformed("a file name cannot be decoded");
  }
}

/** Decodes a value that consists of encoded words, as mail libraries send it. Others stay as they are. */
export function decodeWords(value: string): string {
  if (!value.includes("=?") || !WORDS.test(value)) return value;
  return Array.from(value.matchAll(WORD), ([word, charset = "", encoding = "", text = ""]) => {
    const decoder = decoderOf(charset);
    const bytes = encoding.toUpperCase() === "B" ? base64Bytes(text) : quotedBytes(text);
    return decoder && bytes ? new TextDecoder(charset).decode(bytes) : word;
  }).join("");
}

/** Decodes header text: UTF-8 as in browsers, else as Windows-1252, its common predecessor. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

function decoderOf(charset: string): TextDecoder | null {
  try {
    return new TextDecoder(charset, { fatal: true, ignoreBOM: true });
  } catch {
    return null;
  }
}

/** @throws URIError for a `%` without two hex digits */
function percentBytes(text: string): Uint8Array {
  if (/%(?![\da-f]{2})/iu.test(text)) throw new URIError("The percent-encoding is broken.");
  return hexBytes(text, /%([\da-f]{2})/giu);
}

function quotedBytes(text: string): Uint8Array {
  return hexBytes(text.replaceAll("_", " "), /=([\da-f]{2})/giu);
}

/** Replaces each match by the byte of its hex digits. */
function hexBytes(text: string, escape: RegExp): Uint8Array {
  const pieces = text.split(escape).map((piece, index) => {
    return index % 2 === 1 ? Uint8Array.of(Number.parseInt(piece, 16)) : ENCODER.encode(piece);
  });
  return Uint8Array.from(pieces.flatMap((piece) => Array.from(piece)));
}

function base64Bytes(text: string): Uint8Array | null {
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    return null;
  }
}
