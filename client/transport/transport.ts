import type { HttpResponse } from "../api/response.ts";
import type { TokenBucket } from "../send/bandwidth.ts";

/** One file of a bundle. */
export interface BundlePart {
  id: number;
  blob: Blob;
}

/** A request that carries files. */
export interface UploadRequest {
  method: "POST" | "PUT";
  url: string;
  headers: Readonly<Record<string, string>>;
  /**
   * One file, or what there is of it; or many, which go out as `multipart/form-data` with one part
   * for each, in order, named by the file's id.
   *
   * Parts carry no `Content-Digest`: to make one, a page would read every file twice. Between page
   * and server TLS keeps the bytes whole, and the server keeps the digest of what it stored.
   */
  body: Blob | readonly BundlePart[];
}

/**
 * Sends a request and tells, as it goes out, how many bytes of its body have been handed to the
 * network in all, and how many there are. A transport that can hold a
 * body back sends it at the bandwidth that is given. Resolves with whatever answer comes; throws
 * ProblemError `connection_failed` when none does, and the signal's reason when aborted.
 *
 * `#transport` is the one that the runtime needs: the conditions of package.json's `imports` choose.
 */
export type Transport = (
  request: UploadRequest,
  onSent: (bytes: number, total: number) => void,
  signal: AbortSignal,
  bandwidth?: TokenBucket,
) => Promise<HttpResponse>;
