import type { Answer } from "./answers.ts";
import type { Pace } from "./pace.ts";

/** A request that carries files. */
export interface UploadRequest {
  method: "POST" | "PUT";
  url: string;
  headers: Readonly<Record<string, string>>;
  body: Blob;
}

/**
 * Sends a request and tells, as it goes out, how many bytes of its body have been handed to the
 * network in all. A transport that can hold a
 * body back sends it at the pace that is given. Resolves with whatever answer comes; throws
 * ProblemError `connection_failed` when none does, and the signal's reason when aborted.
 *
 * `#transport` is the one that the runtime needs: the conditions of package.json's `imports` choose.
 */
export type Transport = (
  request: UploadRequest,
  onSent: (bytes: number) => void,
  signal: AbortSignal,
  pace?: Pace,
) => Promise<Answer>;
