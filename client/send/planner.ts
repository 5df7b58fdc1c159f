import { fileWeight, partSize, type Limits } from "../../protocol/index.ts";
import type { Strikes } from "./strikes.ts";

/** A file that waits to be sent. */
interface WaitingFile {
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
}

/** One small file. */
interface FileRequest {
  kind: "file";
  files: readonly [number];
  strikes?: Strikes | undefined;
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

/**
 * Plans the requests for small files, of at most `bundleBytes`: neighbours share bundles, and each
 * file is in exactly one request.
 *
 * @param files in order of their ids
 * @param concurrency requests in flight at a time
 */
export function plan(
  files: readonly WaitingFile[],
  limits: Limits,
  concurrency: number,
): readonly PlannedRequest[] {
  return bundles(files, limits, concurrency).map(asRequest);
}

/**
 * Least weight of a request while other connections idle: six empty files, as many as the server
 * stores at a time (`fileWeight` adds 32 KiB to each file's bytes).
 */
const MIN_BUNDLE_WEIGHT = 6 * fileWeight(0);

function bundles(files: readonly WaitingFile[], limits: Limits, concurrency: number): number[][] {
  const enough = Math.max(MIN_BUNDLE_WEIGHT, bundleShare(files, limits, concurrency));
  const done: number[][] = [];
  let open = new Bundle();
  for (const { id, size } of files) {
    if (open.weight >= enough || !open.fits(size, limits)) {
      done.push(open.ids);
      open = new Bundle();
    }
    open.add(id, size);
  }
  return open.ids.length > 0 ? [...done, open.ids] : done;
}

/**
 * Returns the weight that each bundle should have, so that no connection idles. The limits require a
 * least number of bundles; rounded up to a multiple of `concurrency`, they share the work evenly.
 * Otherwise 20 files would be one bundle on one of four connections, and 500 files four full bundles
 * followed by a fifth alone.
 */
function bundleShare(files: readonly WaitingFile[], limits: Limits, concurrency: number): number {
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  const least = Math.max(files.length / limits.bundleFiles, bytes / limits.bundleBytes);
  const count = Math.ceil(least / concurrency) * concurrency;
  const weight = files.reduce((sum, file) => sum + fileWeight(file.size), 0);
  return weight / count;
}

class Bundle {
  readonly ids: number[] = [];
  weight = 0;
  #bytes = 0;

  fits(size: number, limits: Limits): boolean {
    if (this.ids.length === 0) return true;
    return this.ids.length < limits.bundleFiles && this.#bytes + size <= limits.bundleBytes;
  }

  add(id: number, size: number): void {
    this.ids.push(id);
    this.#bytes += size;
    this.weight += fileWeight(size);
  }
}

/** Returns one request for these files. A single file needs no bundle, which would add framing. */
export function asRequest(files: readonly number[]): PlannedRequest {
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

/** Returns the request without these files, or null if it has no others. */
export function without(
  request: PlannedRequest,
  excluded: readonly number[],
): PlannedRequest | null {
  if (excluded.length === 0) return request;
  const rest = request.files.filter((id) => !excluded.includes(id));
  return rest.length === 0 ? null : asRequest(rest);
}

/** Approximate bytes that multipart framing adds to each file of a bundle. */
export const FRAMING_BYTES = 165;

/** Returns the approximate size of a request's body in bytes. */
export function bytesOf(request: PlannedRequest, sizeOf: (id: number) => number): number {
  const { kind, files } = request;
  if (kind === "listParts") return 0;
  if (kind === "part") return partSize(sizeOf(files[0]), request.part);
  if (kind === "file") return sizeOf(files[0]);
  return files.reduce((sum, id) => sum + sizeOf(id) + FRAMING_BYTES, 0);
}
