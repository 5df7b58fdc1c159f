import { essence, UNKNOWN_TYPE, withoutParameters } from "../../protocol/index.ts";

/** Pictures, sound, video and fonts, except those in XML: an SVG runs scripts. */
const MEDIA = /^(?:image|audio|video|font)\/(?!svg)[\w.-]+$/u;

const OFFICE = /^application\/vnd\.(?:ms-|openxmlformats-officedocument\.|oasis\.opendocument\.)/u;
const WORD = /^[\w./-]+$/u;

/** Other types that a browser displays or saves. A PDF's scripts can't reach the page around it. */
const OTHERS: ReadonlySet<string> = new Set([
  "text/plain",
  "text/csv",
  "text/tab-separated-values",
  "text/markdown",
  "text/calendar",
  "application/json",
  "application/pdf",
  "application/rtf",
  "application/msword",
  "application/epub+zip",
  "application/zip",
  "application/gzip",
  "application/x-tar",
  "application/x-bzip2",
  "application/x-xz",
  "application/x-7z-compressed",
  "application/vnd.rar",
  "application/x-rar-compressed",
]);

/**
 * Returns the `Content-Type` of a download. Only types that no browser runs or renders with scripts are
 * returned; all others become `application/octet-stream`, so that a type that browsers learn later, or
 * that is not well-formed, is inert too.
 */
export function downloadType(type: string): string {
  if (!isInert(essence(type))) return UNKNOWN_TYPE;
  return hasSafeParameters(type) ? type : withoutParameters(type);
}

function isInert(plain: string): boolean {
  return MEDIA.test(plain) || OTHERS.has(plain) || (OFFICE.test(plain) && WORD.test(plain));
}

/**
 * Browsers read a header with a comma as a list, whose last type applies. Programs that decode the
 * response fail at a charset that doesn't exist.
 */
function hasSafeParameters(type: string): boolean {
  const charset = /;\s*charset\s*=\s*"?([^";]*)/iu.exec(type)?.[1]?.trim();
  return !type.includes(",") && (charset === undefined || isKnownEncoding(charset));
}

function isKnownEncoding(label: string): boolean {
  try {
    return new TextDecoder(label).encoding !== "";
  } catch {
    return false;
  }
}
