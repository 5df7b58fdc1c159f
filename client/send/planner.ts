import { fileWeight, partSize } from "../../protocol/index.ts";
import type { Split } from "./split.ts";
import type { Strikes } from "./strikes.ts";

/** A file that waits to be sent. */
export interface WaitingFile {
  id: number;
  /** Bytes. */
  size: number;
}

/** A request to be sent. `files` are the ids of the files that it carries, or asks about. */
export type PlannedRequest = BundleRequest | FileRequest | PartRequest | ListPartsRequest;

/** Many small files. */
interface BundleRequest {
  kind: "bundle";
  files: readonly number[];
  strikes?: Strikes | undefined;
  split?: Split;
}

/** One small file. */
interface FileRequest {
  kind: "file";
  files: readonly [number];
  strikes?: Strikes | undefined;
  split?: Split;
}

/** One part of a large file. */
export interface PartRequest {
  kind: "part";
  files: readonly [number];
  /** 1, 2, 3, … */
  part: number;
  /** True if a try has failed: the part may be stored, although no response said so. */
  isRepeat: boolean;
  strikes?: Strikes | undefined;
}

/** Asks which parts of a large file are stored. */
export interface ListPartsRequest {
  kind: "listParts";
  files: readonly [number];
  strikes?: Strikes | undefined;
}

/** Upper limits of one bundle. */
export interface BundleLimits {
  files: number;
  /** Bytes of content. */
  bytes: number;
  /** Bytes of content and framing. */
  bodyBytes: number;
  /** See `fileWeight`. The file that exceeds it is the last one. */
  weight: number;
}

/**
 * Least weight of a request while other connections idle: six empty files, as many as the server
 * stores at a time (`fileWeight` adds 32 KiB to each file's bytes).
 */
export const MIN_BUNDLE_WEIGHT = 6 * fileWeight(0);

/** Returns the first of these files that fit into one bundle: at least one, whatever its size. */
export function firstBundle(
  files: Iterable<WaitingFile>,
  limits: BundleLimits,
): readonly WaitingFile[] {
  const bundle: WaitingFile[] = [];
  let bytes = 0;
  for (const file of files) {
    bytes += file.size;
    const count = bundle.length + 1;
    const bodyBytes = bytes + count * FRAMING_BYTES;
    const fits = count <= limits.files && bytes <= limits.bytes && bodyBytes <= limits.bodyBytes;
    if (bundle.length > 0 && !fits) break;
    bundle.push(file);
    if (bytes + count * fileWeight(0) >= limits.weight) break;
  }
  return bundle;
}

/** A bundle takes at least this share of its usual weight, although others would be done sooner. */
const LEAST_SHARE = 0.25;

/**
 * Returns the weight that the next bundle should have, so that no connection idles at the end: of less
 * and less that is left, each takes an equal share.
 *
 * @param usual weight of a bundle
 * @param left weight of all files that wait
 * @param concurrency requests in flight at a time
 */
export function shareOf(usual: number, left: number, concurrency: number): number {
  const least = Math.max(MIN_BUNDLE_WEIGHT, LEAST_SHARE * usual);
  return Math.min(usual, Math.max(least, left / concurrency));
}

/** Returns one request for these files. A single file needs no bundle, which would add framing. */
export function asRequest(files: readonly number[]): BundleRequest | FileRequest {
  const [only, second] = files;
  if (only !== undefined && second === undefined) return { kind: "file", files: [only] };
  return { kind: "bundle", files };
}

/** Returns a request that has failed, to be sent again. */
export function repeatOf(request: PlannedRequest, strikes?: Strikes): PlannedRequest {
  return request.kind === "part"
    ? { ...request, isRepeat: true, strikes }
    : { ...request, strikes };
}

/** Returns the request without these files, or null if it has no others. It keeps its history. */
export function without(
  request: PlannedRequest,
  excluded: readonly number[],
): PlannedRequest | null {
  const rest = request.files.filter((id) => !excluded.includes(id));
  if (rest.length === request.files.length) return request;
  if (rest.length === 0 || request.kind !== "bundle") return null;
  const { strikes, split } = request;
  return { ...asRequest(rest), ...(strikes && { strikes }), ...(split && { split }) };
}

/** Approximate bytes that multipart framing adds to each file of a bundle. */
const FRAMING_BYTES = 215;

/** Returns the approximate size of a request's body in bytes. */
export function bytesOf(request: PlannedRequest, sizeOf: (id: number) => number): number {
  const { kind, files } = request;
  if (kind === "listParts") return 0;
  if (kind === "part") return partSize(sizeOf(files[0]), request.part);
  if (kind === "file") return sizeOf(files[0]);
  return files.reduce((sum, id) => sum + sizeOf(id) + FRAMING_BYTES, 0);
}
