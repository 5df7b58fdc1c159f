import type { Limits, Metadata } from "../protocol/index.ts";
import type { Source } from "./source.ts";

export interface UploaderOptions {
  /** The server's origin, for instance `location.origin`. */
  endpoint: string;
  /** Opens creating batches, where the server wants a grant. */
  grant?: string;
  /** A batch that was begun before, and is to be gone on with; a new one unless told. */
  batch?: BegunBatch;
  /** Requests in flight at a time. */
  concurrency?: number;
  /** The most to send, in bytes per second, over all requests; see the property of this name. */
  bytesPerSecond?: number;
  /** What the operator's app wants to keep with a new batch. */
  metadata?: Metadata;
}

/** What to keep of `Uploader.created` to go on with a batch after a reload, or elsewhere. */
export interface BegunBatch {
  id: string;
  tokens: { write: string };
  /** The protocol's unless told. */
  limits?: Limits;
}

/** What came of sources that were offered for files declared before. */
export interface Offer {
  /** Ids of the files that still want bytes, and of which there is no source. */
  missing: readonly number[];
  /** Sources that are none of the declared files. */
  unmatched: readonly Source[];
}
