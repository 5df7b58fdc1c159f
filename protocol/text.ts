import { KIB } from "./units.ts";

/** The media type of a file whose type is unknown. */
export const UNKNOWN_TYPE = "application/octet-stream";

/**
 * Bytes of a file's head, from which its type and dimensions are detected. `file-type` reads 4,100
 * bytes; an image's dimensions may follow a camera's metadata and preview.
 */
export const HEAD_BYTES = 128 * KIB;

/** A name in a media type: RFC 6838's restricted-name, of any length. */
const TYPE_NAME = String.raw`[\w!#$&^.+-]+`;
const MEDIA_TYPE = new RegExp(`^${TYPE_NAME}/${TYPE_NAME}$`, "u");
const WITH_PARAMETERS = new RegExp(
  String.raw`^${TYPE_NAME}/${TYPE_NAME}(?:\s*;[\x20-\x7e]*)?$`,
  "u",
);
const TYPE_PATTERN = new RegExp(String.raw`^${TYPE_NAME}/(?:\*|${TYPE_NAME})$`, "u");

/** True for a media type without parameters, such as `image/png`. */
export function isMediaType(text: string): boolean {
  return MEDIA_TYPE.test(text);
}

/** True for a media type, with or without parameters. */
export function isParameterizedType(text: string): boolean {
  return WITH_PARAMETERS.test(text);
}

/** True for a media type without parameters, or for all types of a kind, such as `image/*`. */
export function isTypePattern(text: string): boolean {
  return TYPE_PATTERN.test(text);
}

/** Returns a media type without its parameters. */
export function withoutParameters(type: string): string {
  return type.split(";", 1).join("").trim();
}

/** C0, DEL and C1. Terminals and headers obey them. */
const CONTROL_CHARACTERS = /\p{Cc}/gu;

export function hasControlCharacters(text: string): boolean {
  return text.search(CONTROL_CHARACTERS) !== -1;
}

export function replaceControlCharacters(text: string, replacement: string): string {
  return text.replace(CONTROL_CHARACTERS, replacement);
}

/** Halves of surrogate pairs that stand alone. `isWellFormed()` is missing in Firefox below 119. */
const LONE_SURROGATES = /\p{Surrogate}/gu;

export function isWellFormed(text: string): boolean {
  return text.search(LONE_SURROGATES) === -1;
}

export function toWellFormed(text: string): string {
  return text.replace(LONE_SURROGATES, "\u{FFFD}");
}

/** The segments `.` and `..` of a path, with slashes of either kind. */
const DOT_SEGMENTS = /(?<=^|[/\\])\.{1,2}(?=$|[/\\])/gu;

export function hasDotSegments(path: string): boolean {
  return path.search(DOT_SEGMENTS) !== -1;
}

export function replaceDotSegments(path: string, replacement: string): string {
  return path.replace(DOT_SEGMENTS, replacement);
}

/** Returns bytes as lower-case hexadecimal digits. Not every browser has `Uint8Array.toHex()`. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
