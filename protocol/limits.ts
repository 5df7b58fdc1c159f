import { KIB, MIB } from "./units.ts";

/** The limits of a batch, as `limits` in the response to its creation. */
export interface Limits {
  /** Files in one batch. */
  files: number;
  /** Files in one bundle. */
  bundleFiles: number;
  /** Bytes of file content in one bundle. */
  bundleBytes: number;
  /** Bytes of every part of a file but the last. */
  partBytes: number;
  /** Bytes of one file. */
  fileBytes: number;
  /** Bytes of one request body. */
  bodyBytes: number;
  /** Files that one call declares. */
  declareFiles: number;
  /** Bytes of JSON of such a call. */
  declareBytes: number;
  /** Days from the end of the batch to the deletion of its files and records; null for no limit. */
  keepDays: number | null;
  /** Bytes of all files; absent for no limit. */
  bytes?: number;
  /** Accepted media types, such as `image/png` or `image/*`; absent if all are accepted. */
  types?: readonly string[];
  /** Accepted extensions of names, such as `png` or `tar.gz`; absent if all are accepted. */
  extensions?: readonly string[];
}

/** Bytes of one request body by default: the limit of Cloudflare's Free and Pro plans. */
export const BODY_BYTES = 100_000_000;
/** Files in one batch. */
const MAX_FILES = 10_000;

/** Parts of one file: R2's limit. */
export const MAX_PARTS = 10_000;
/** Bytes of one part, so that it fits into one request body. */
const MAX_PART_BYTES = 64 * MIB;

export const LIMITS: Limits = {
  files: MAX_FILES,
  bundleFiles: 100,
  bundleBytes: 8 * MIB,
  partBytes: 8 * MIB,
  fileBytes: MAX_PARTS * MAX_PART_BYTES,
  bodyBytes: BODY_BYTES,
  declareFiles: MAX_FILES,
  declareBytes: 4 * MIB,
  keepDays: null,
};

/** Files on one contact sheet, in 16 rows of 16 tiles. */
export const SHEET_FILES = 256;
/** Width and height of a tile in pixels. */
export const SHEET_TILE = 64;
/** Largest width and height of a contact sheet in pixels. */
export const SHEET_SIDE = 1024;
/** Bytes of a contact sheet. */
export const SHEET_BYTES = 512 * KIB;

/** Characters (UTF-16 code units) of a file's name. */
export const NAME_CHARACTERS = 1024;
/** Characters of a file's path, which includes its name. */
export const PATH_CHARACTERS = 4096;
/** Characters of a declared media type. */
export const TYPE_CHARACTERS = 255;
/** Media types in a grant. */
export const GRANT_MAX_TYPES = 100;
/** Extensions in a grant. */
export const GRANT_MAX_EXTENSIONS = 100;
/** Characters of a grant's prefix of object keys. R2 allows 1,024 bytes for a key. */
export const PREFIX_CHARACTERS = 256;
/** Longest lifetime of a token: 366 days. */
export const TOKEN_MAX_SECONDS = 366 * 24 * 60 * 60;
/** Most days for which the files of a batch are kept after its end, if they are deleted then. */
export const KEEP_MAX_DAYS = 36_500;
/** Characters of a batch's name, which is `metadata.name`. */
export const BATCH_NAME_CHARACTERS = 200;
/** Bytes of a batch's `metadata` as JSON. */
export const METADATA_BYTES = 16 * KIB;
/** Nesting depth of `metadata`: serializing it as JSON is recursive. */
export const METADATA_DEPTH = 32;
/** Bytes of a JSON body that declares no files: enough for the ids of 10,000 files, one per line. */
export const JSON_BODY_BYTES = 256 * KIB;
/**
 * Objects, arrays, and commas in a JSON body: enough for `declareFiles` files with twenty fields each.
 * Parsed, an empty array takes ten times its bytes.
 */
export const JSON_BODY_VALUES = 200_000;
/** Files in one form of `POST /v1/upload`. */
export const FORM_FILES = 1000;
/** Bytes of the headers of one part of a form. */
export const PART_HEADER_BYTES = 16 * KIB;
/** Rows in one page of `GET …/files`, and in one snapshot frame. */
export const PAGE_ROWS = 1000;
/** Maximum of the query parameter `wait`, in seconds. */
export const MAX_WAIT_SECONDS = 30;
/** Files of one archive: each takes a call to R2, and a request may make some ten thousand. */
export const ARCHIVE_FILES = 10_000;
/** Failures listed in a summary. */
export const SUMMARY_FAILURES = 100;
/** Errors listed in one response: further entries usually repeat the same mistake. */
export const MAX_LISTED_ERRORS = 100;
/** Ended batches in an owner's list, latest first; all open ones are listed, too. */
export const LISTED_ENDED_BATCHES = 1000;
/** Batches in one page of an owner's list. */
export const OWNER_PAGE_BATCHES = 100;
/** Characters of an `Idempotency-Key`. */
export const IDEMPOTENCY_KEY_CHARACTERS = 255;
/** Least characters of one that opens a batch: 128 random bits in base64. */
export const SECRET_KEY_CHARACTERS = 22;

/** The division of a file into parts. */
export interface PartLayout {
  /** Bytes of every part but the last. */
  partBytes: number;
  count: number;
}

/** Returns the parts of a file of `size` bytes. They are larger than usual if there would be too many. */
export function partLayout(size: number): PartLayout {
  const isUsual = size <= MAX_PARTS * LIMITS.partBytes;
  const partBytes = isUsual ? LIMITS.partBytes : Math.ceil(size / MAX_PARTS / MIB) * MIB;
  return { partBytes, count: Math.ceil(size / partBytes) };
}

/** Returns the bytes of one part (1, 2, 3, …); 0 if the file has no such part. */
export function partSize(size: number, part: number): number {
  const { partBytes, count } = partLayout(size);
  if (part < 1 || part > count) return 0;
  return part === count ? size - (count - 1) * partBytes : partBytes;
}

/** True if a file of this size is sent in parts. Smaller ones share bundles. */
export function usesParts(size: number): boolean {
  return size > LIMITS.bundleBytes;
}
