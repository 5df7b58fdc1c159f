import { fileTypeFromBuffer, supportedMimeTypes } from "file-type";
import { imageSize } from "image-size";
import { type FileProperties, UNKNOWN_TYPE } from "../../protocol/index.ts";
import { type Admission, essence, typeError } from "../../durable-objects/index.ts";
import { ProblemError } from "../http/problem.ts";
import { affordableHead, isGzip } from "./affordable-head.ts";

/** Formats that others are based on, and the declared types that are plausible for them. */
const CONTAINERS: Readonly<Record<string, RegExp>> = {
  "application/xml": /[/+]xml$/u,
  "application/zip": /^application\/(?:.*\+zip|.*-zip-.*|vnd\..*)$/u,
  "application/x-cfb": /^application\/(?:msword|vnd\.ms-.*)$/u,
};

/**
 * Returns a file's media type.
 *
 * @throws ProblemError `type_refused` if the batch doesn't accept the type
 */
export async function acceptedType(
  head: Uint8Array,
  { type: declared, types }: Pick<Admission, "type" | "types">,
): Promise<string> {
  if (types === null) return detectType(head, declared);
  const type = await verifyType(head, declared);
  const refusal = typeError(type, { types });
  if (refusal) throw ProblemError.from(refusal);
  return type;
}

/** Returns the media type that a file's head shows, otherwise the declared one. */
export async function detectType(head: Uint8Array, declared: string): Promise<string> {
  return (await detect(head)) ?? (declared || UNKNOWN_TYPE);
}

/** Trusts the declared type only if it is one that cannot be detected. */
async function verifyType(head: Uint8Array, declared: string): Promise<string> {
  const detected = await detect(head);
  const plain = essence(declared);
  const isTrusted = plain !== "" && !supportedMimeTypes.has(plain);
  if (detected === undefined) return isTrusted ? declared : UNKNOWN_TYPE;
  return isTrusted && CONTAINERS[detected]?.test(plain) ? declared : detected;
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
