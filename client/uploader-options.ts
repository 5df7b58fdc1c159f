import type { LocationHint, Metadata } from "../protocol/index.ts";
import type { Grant } from "./api/grant.ts";
import type { ResumableBatch } from "./resumable-batch.ts";

/**
 * Options of an Uploader.
 *
 * @example
 * const options: UploaderOptions = { endpoint: location.origin, metadata: { album: "2026-11" } };
 */
export interface UploaderOptions {
  /** The server's origin, for instance `location.origin`. */
  endpoint: string;
  /** Authorizes creating a batch, if the server requires a grant. */
  grant?: Grant;
  /** A batch to resume (see `Uploader.resumableBatch`). Default: a new batch. */
  batch?: ResumableBatch;
  /**
   * Most requests in flight at a time. The client finds out how many are worthwhile: at first 4, at most 5
   * in a browser over HTTP/1.1, and at most 32.
   */
  concurrency?: number;
  /** Bandwidth limit in bytes per second. Default: unlimited. See `Uploader.bytesPerSecond`. */
  bytesPerSecond?: number;
  /** JSON that your app attaches to a new batch. */
  metadata?: Metadata;
  /** The region of a new batch. Default: the grant's, or else where the request comes in. */
  location?: LocationHint;
  /**
   * Days from the end of a new batch to the deletion of its files and records. Default: those of the grant
   * or the operator, which are the maximum; without any, files stay until someone deletes them.
   */
  keepDays?: number;
}
