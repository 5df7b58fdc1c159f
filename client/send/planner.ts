import { fileWeight, partSize, type Limits } from "../../protocol/index.ts";

/** A file that waits to be sent. */
export interface Waiting {
  id: number;
  /** Bytes. */
  size: number;
}

/** One HTTP request to come. */
export type PlannedRequest =
  | { kind: "bundle"; files: readonly number[] }
  | { kind: "whole"; files: readonly [number] }
  | PartRequest
  | ListPartsRequest;

/** One part of a file that is too large for a bundle. */
export interface PartRequest {
  kind: "part";
  files: readonly [number];
  /** 1, 2, 3, … */
  part: number;
  /** Was it sent before, so that it may be there though no answer said so? */
  isRepeat: boolean;
}

/** Asks which parts of a file are there. */
export interface ListPartsRequest {
  kind: "survey";
  files: readonly [number];
}

/**
 * Turns small files, of `bundleBytes` at most, into requests, ordered by their first file: they
 * share bundles, and each is in exactly one.
 *
 * @param files in order of their ids
 * @param concurrency requests that will be in flight at a time
 */
export function plan(
  files: readonly Waiting[],
  limits: Limits,
  concurrency: number,
): readonly PlannedRequest[] {
  return bundles(files, limits, concurrency).map(asRequest);
}

/**
 * The least that is worth a request of its own while other connections idle: six empty files, as
 * many as the server stores at a time (`fileWeight` counts 32 KiB for a file besides its bytes).
 */
const MIN_BUNDLE_WEIGHT = 6 * fileWeight(0);

function bundles(files: readonly Waiting[], limits: Limits, concurrency: number): number[][] {
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
 * What each bundle should weigh, so that no connection idles: the limits ask for a least number of
 * bundles, and the work is divided evenly over that number rounded up to a multiple of the concurrency.
 * Without this 20 files would be one bundle on one of four connections, and 500 files four full
 * bundles and then a fifth alone.
 */
function bundleShare(files: readonly Waiting[], limits: Limits, concurrency: number): number {
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

/** One request for these files. A bundle of one would be framing for nothing. */
export function asRequest(files: readonly number[]): PlannedRequest {
  const [only, second] = files;
  if (only !== undefined && second === undefined) return { kind: "whole", files: [only] };
  return { kind: "bundle", files };
}

/** What multipart framing adds to each file of a bundle, about. */
const FRAMING_BYTES = 165;

/** How large a request's body will be, about. */
export function bytesOf(request: PlannedRequest, sizeOf: (id: number) => number): number {
  const { kind, files } = request;
  if (kind === "survey") return 0;
  if (kind === "part") return partSize(sizeOf(files[0]), request.part);
  return files.reduce((sum, id) => sum + sizeOf(id) + FRAMING_BYTES, 0);
}
