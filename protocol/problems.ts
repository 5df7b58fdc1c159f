interface ProblemKind {
  /** HTTP status. */
  status: number;
  /** Is the same request worth sending again later? */
  retryable?: true;
}

/** Every problem that Tallyman answers with, by its stable code. */
export const PROBLEMS = {
  malformed_request: { status: 400 },
  malformed_multipart: { status: 400 },
  unauthorized: { status: 401 },
  forbidden: { status: 403 },
  not_found: { status: 404 },
  batch_not_found: { status: 404 },
  file_not_found: { status: 404 },
  part_not_found: { status: 404 },
  method_not_allowed: { status: 405 },
  batch_paused: { status: 409, retryable: true },
  batch_sealed: { status: 409 },
  batch_cancelled: { status: 409 },
  file_cancelled: { status: 409 },
  batch_expired: { status: 410 },
  length_required: { status: 411 },
  too_many_files: { status: 413 },
  too_large: { status: 413 },
  bundle_too_large: { status: 413 },
  type_refused: { status: 415 },
  range_not_satisfiable: { status: 416 },
  invalid_files: { status: 422 },
  size_mismatch: { status: 422, retryable: true },
  checksum_mismatch: { status: 422, retryable: true },
  upgrade_required: { status: 426 },
  rate_limited: { status: 429, retryable: true },
  quota_exceeded: { status: 429, retryable: true },
  internal_error: { status: 500, retryable: true },
  storage_failed: { status: 502, retryable: true },
  processing_failed: { status: 502, retryable: true },
  not_configured: { status: 503 },
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof PROBLEMS;

/** Is a request or file that met this problem worth another try? */
export function isRetryable(code: ProblemCode): boolean {
  const kind: ProblemKind = PROBLEMS[code];
  return kind.retryable === true;
}

/** Why a file failed, or why one part of a bundle was refused. */
export interface FileError {
  code: ProblemCode;
  /** One sentence that says what to do. */
  detail: string;
  retryable: boolean;
}

export function fileError(code: ProblemCode, detail: string): FileError {
  return { code, detail, retryable: isRetryable(code) };
}

/** An error body: `application/problem+json` (RFC 9457). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: ProblemCode;
  detail: string;
  /** Names the request in the server's logs. */
  requestId?: string;
  /** With `invalid_files`: what is wrong with which entry. */
  errors?: readonly EntryError[];
}

export interface EntryError {
  /** Position in the `files` of the request. */
  index: number;
  detail: string;
}
