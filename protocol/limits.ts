import { KIB, MIB } from "./units.ts";

/** The limits that a batch tells its clients (`limits` in the answer to creating it). */
export interface Limits {
  /** Files in one batch. */
  files: number;
  /** Files in one bundle. */
  bundleFiles: number;
  /** Bytes of file content in one bundle. */
  bundleBytes: number;
  /** Bytes of every part but a file's last. */
  partBytes: number;
  /** Bytes of one file. */
  fileBytes: number;
  /** Bytes of all files, where they are limited. */
  bytes?: number;
  /** Media types such as `image/png` or `image/*`, where the batch takes only some. */
  types?: readonly string[];
}

/** Bytes of one request body: what Cloudflare lets through on its Free and Pro plans. */
export const BODY_BYTES = 100_000_000;

/** Parts of one file: what R2 takes. */
export const MAX_PARTS = 10_000;
const MAX_PART_BYTES = 64 * MIB;

export const LIMITS: Limits = {
  files: 10_000,
  bundleFiles: 100,
  bundleBytes: 8 * MIB,
  partBytes: 8 * MIB,
  // As many parts as R2 takes, each small enough to be one request body.
  fileBytes: MAX_PARTS * MAX_PART_BYTES,
};

/** Characters (UTF-16 units) of a file's name. */
export const NAME_CHARACTERS = 1024;
/** Characters of a file's path: its folder and its name. */
export const PATH_CHARACTERS = 4096;
/** Characters of a declared media type. */
export const TYPE_CHARACTERS = 255;
/** Media types that a grant may name. */
export const GRANT_MAX_TYPES = 100;
/** Characters that a grant may put before its objects' keys: R2 takes 1,024 bytes in all. */
export const PREFIX_CHARACTERS = 256;
/** Bytes of a batch's `metadata`, as JSON. */
export const METADATA_BYTES = 16 * KIB;
/** Objects and lists within each other in `metadata`: whoever writes them as JSON recurses. */
export const METADATA_DEPTH = 32;
/** Bytes of a JSON request body that declares files: 10,000 with long names fit. */
export const DECLARE_JSON_BYTES = 16 * MIB;
/** Bytes of any other JSON request body: the ids of 10,000 files fit, each on a line of its own. */
export const JSON_BODY_BYTES = 256 * KIB;
/** Files in one form of `POST /v1/upload`. */
export const FORM_FILES = 1000;
/** Bytes of the headers of one part of a form. */
export const PART_HEADER_BYTES = 16 * KIB;
/** Rows in one page of `GET …/files`, and in one snapshot frame. */
export const PAGE_ROWS = 1000;
/** Seconds that `?wait=` may hold an answer. */
export const MAX_WAIT_SECONDS = 30;
/** Failures that a summary lists. */
export const SUMMARY_FAILURES = 100;
/** Errors that one answer lists: whoever has more makes the same mistake in all. */
export const MAX_LISTED_ERRORS = 100;
/** Batches in an owner's list: the most recent ones. */
export const RECENT_BATCHES = 100;
/** Characters of an `Idempotency-Key`. */
export const IDEMPOTENCY_KEY_CHARACTERS = 255;
