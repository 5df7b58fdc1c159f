import type { Grant } from "./api/grant.ts";
import type { Limits, Metadata } from "../protocol/index.ts";

export interface UploaderOptions {
  /** The server's origin, for instance `location.origin`. */
  endpoint: string;
  /** Opens creating batches, where the server wants a grant. */
  grant?: Grant;
  /** A batch that was begun before, and is to be gone on with; a new one unless told. */
  batch?: ResumableBatch;
  /** Requests in flight at a time. */
  concurrency?: number;
  /** The most to send, in bytes per second, over all requests; see the property of this name. */
  bytesPerSecond?: number;
  /** What the operator's app wants to keep with a new batch. */
  metadata?: Metadata;
}

/** What to keep (see `Uploader.resumableBatch`) to go on with a batch after a reload, or elsewhere. */
export interface ResumableBatch {
  id: string;
  /** The read token is for whoever shares the batch: the Uploader does without. */
  tokens: { write: string; read?: string };
  /** The protocol's unless told. */
  limits?: Limits;
}
