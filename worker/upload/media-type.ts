import { fileTypeFromBuffer, supportedMimeTypes } from "file-type";
import { imageSize } from "image-size";
import { essence, type FileProperties, UNKNOWN_TYPE } from "../../protocol/index.ts";
import { type Admission, typeError } from "../../durable-objects/index.ts";
import { ProblemError } from "../http/problem.ts";
import { affordableHead, isGzip } from "./affordable-head.ts";

/** Formats that others are based on, and the declared types that are plausible for them. */
const CONTAINERS: Readonly<Record<string, RegExp>> = {
  "application/xml": /[/+]xml$/u,
  "application/zip": /^application\/(?:.*\+zip|.*-zip-.*|vnd\..*)$/u,
  "application/x-cfb": /^application\/(?:msword|vnd\.ms-.*)$/u,
};

/** Kinds of types of which most formats can be detected. */
const DETECTABLE_KIND = /^(?:image|audio|video|font)\//u;
/** Formats of these kinds that have no signature. */
const WITHOUT_SIGNATURE: ReadonlySet<string> = new Set([
  "image/svg+xml",
  "image/x-tga",
  "image/x-xbitmap",
  "image/x-xpixmap",
  "image/x-portable-anymap",
  "image/x-portable-bitmap",
  "image/x-portable-graymap",
  "image/x-portable-pixmap",
]);

/** Other names of types, apart from those that only have an `x-` in front. */
const ALIASES: Readonly<Record<string, string>> = {
  "image/jpg": "image/jpeg",
  "image/pjpeg": "image/jpeg",
  "image/heif": "image/heic",
  "image/ms-bmp": "image/bmp",
  "image/vnd.microsoft.icon": "image/icon",
  "application/zip-compressed": "application/zip",
  "application/rar-compressed": "application/vnd.rar",
  "text/rtf": "application/rtf",
  "text/xml": "application/xml",
};

/**
 * Returns a file's media type.
 *
 * @throws ProblemError `type_refused` if the batch doesn't accept the type, or it is not the declared one
 */
export async function acceptedType(
  head: Uint8Array,
  { type: declared, types, wrongTypes = "correct" }: TypePolicy,
): Promise<string> {
  const detected = await detect(head);
  const isWrong = detected !== undefined && contradicts(detected, declared);
  if (isWrong && wrongTypes === "refuse") throw wrongType(detected, declared);
  const type = shownType(detected, declared, types);
  const refusal = typeError(type, { types });
  if (refusal) throw ProblemError.from(refusal);
  return isWrong && wrongTypes === "accept" ? declared : type;
}

function shownType(
  detected: string | undefined,
  declared: string,
  types: readonly string[] | null,
): string {
  if (types !== null) return verifiedType(detected, declared, types);
  return detected ?? (declared || UNKNOWN_TYPE);
}

type TypePolicy = Pick<Admission, "type" | "types" | "wrongTypes">;

/** Returns the media type that a file's head shows, otherwise the declared one. */
export function detectType(head: Uint8Array, declared: string): Promise<string> {
  return acceptedType(head, { type: declared, types: null });
}

/**
 * Trusts the declared type only if it is one that cannot be detected: as a known format, or as one that
 * the batch accepts by name.
 */
function verifiedType(
  detected: string | undefined,
  declared: string,
  types: readonly string[],
): string {
  const plain = essence(declared);
  const isTrusted = plain !== "" && !supportedMimeTypes.has(plain);
  if (detected !== undefined)
    return isTrusted && CONTAINERS[detected]?.test(plain) ? declared : detected;
  const isKnown = !DETECTABLE_KIND.test(plain) || WITHOUT_SIGNATURE.has(plain);
  return isTrusted && (isKnown || types.includes(plain)) ? declared : UNKNOWN_TYPE;
}

/** True if a file of the detected type cannot be one of the declared type. */
function contradicts(detected: string, declared: string): boolean {
  const plain = essence(declared);
  if (plain === "" || plain === UNKNOWN_TYPE) return false;
  return !isSameFormat(plain, detected) && CONTAINERS[detected]?.test(plain) !== true;
}

function isSameFormat(plain: string, detected: string): boolean {
  if (usualName(plain) === usualName(detected)) return true;
  // The same containers hold sound and films, and text formats may look like XML.
  if ([plain, detected].every((type) => /^(?:audio|video)\/|\/ogg$/u.test(type))) return true;
  return plain.startsWith("text/") && detected === "application/xml";
}

function usualName(type: string): string {
  const name = type.replace("/x-", "/");
  return ALIASES[name] ?? name;
}

function wrongType(detected: string, declared: string): ProblemError {
  const detail = `The file is ${detected} and was declared as ${declared}; declare that type.`;
  return new ProblemError("type_refused", detail);
}

/** Damaged files are accepted, so a parser's error means that the type is unknown. */
async function detect(bytes: Uint8Array): Promise<string | undefined> {
  // `file-type` would decompress up to 16 MiB to find out whether it is an archive, of the same type.
  if (isGzip(bytes)) return "application/gzip";
  const head = affordableHead(bytes);
  return (await fileTypeFromBuffer(head).catch(() => undefined))?.mime;
}

/** Returns a file's type and, for an image, its dimensions. */
export function fileProperties(head: Uint8Array, type: string): FileProperties {
  return type.startsWith("image/") ? { type, ...imageDimensions(head) } : { type };
}

function imageDimensions(head: Uint8Array): Pick<FileProperties, "width" | "height"> {
  try {
    const { width, height } = imageSize(affordableHead(head));
    // An SVG may declare an infinite width.
    return [width, height].every(isPixels) ? { width, height } : {};
  } catch {
    return {};
  }
}

function isPixels(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}
