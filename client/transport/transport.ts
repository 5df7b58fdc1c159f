import type { HttpResponse } from "../api/request.ts";
import type { TokenBucket } from "../send/bandwidth.ts";

/** One file of a bundle. */
export interface BundlePart {
  id: number;
  bytes: Uint8Array<ArrayBuffer>;
  /** Headers of the part, such as its `Content-Digest`. */
  headers: Readonly<Record<string, string>>;
}

/** A request that carries files. */
export interface UploadRequest {
  method: "POST" | "PUT";
  url: string;
  headers: Readonly<Record<string, string>>;
  /**
   * A file or a part of one; or many files, which are sent in order as `multipart/form-data`, each as
   * a part named by the file's id.
   */
  body: Blob | readonly BundlePart[];
}

/**
 * Sends a request. Calls `onSent` with the bytes of its body that have been handed to the network so
 * far, and the body's total. Resolves with any response; throws ProblemError `connection_failed`
 * without one, and the signal's reason when aborted.
 *
 * `#transport` is the one for the runtime, by the conditions of package.json's `imports`.
 *
 * @param bandwidth limits the body, if the transport can (`limitsBandwidth`)
 */
export type Transport = (
  request: UploadRequest,
  onSent: (bytes: number, total: number) => void,
  signal: AbortSignal,
  bandwidth?: TokenBucket,
) => Promise<HttpResponse>;
