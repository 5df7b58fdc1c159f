/** Every problem code, with true if the same request or file may succeed later. */
export const PROBLEMS = {
  malformed_request: false,
  malformed_multipart: false,
  unauthorized: false,
  token_revoked: false,
  forbidden: false,
  not_found: false,
  batch_not_found: false,
  file_not_found: false,
  part_not_found: false,
  no_sheet: false,
  method_not_allowed: false,
  too_slow: true,
  batch_paused: true,
  batch_sealed: false,
  files_added: false,
  batch_cancelled: false,
  file_cancelled: false,
  in_progress: true,
  not_completed: true,
  batch_expired: false,
  length_required: false,
  precondition_failed: false,
  too_many_files: false,
  too_large: false,
  bundle_too_large: false,
  type_refused: false,
  unsupported_encoding: false,
  range_not_satisfiable: false,
  invalid_files: false,
  idempotency_mismatch: false,
  size_mismatch: true,
  checksum_mismatch: true,
  upgrade_required: false,
  rate_limited: true,
  quota_exceeded: true,
  internal_error: true,
  storage_failed: true,
  processing_failed: true,
  busy: true,
  not_configured: false,
} as const satisfies Record<string, boolean>;

export type ProblemCode = keyof typeof PROBLEMS;

/** True if a request or file with this problem may succeed when it is retried. */
export function isRetryable(code: ProblemCode): boolean {
  return PROBLEMS[code];
}

/** The error of a failed file, or of a part of a bundle that was refused. */
export interface FileError {
  code: ProblemCode;
  /** One sentence that names the value at fault and the fix. */
  detail: string;
  retryable: boolean;
}

export function fileError(code: ProblemCode, detail: string): FileError {
  return { code, detail, retryable: isRetryable(code) };
}

/** The body of an error response: `application/problem+json` (RFC 9457). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: ProblemCode;
  detail: string;
  /** Identifies the request in the server's log. */
  requestId?: string;
  /** Only with `invalid_files`: the error of each invalid entry. */
  errors?: readonly EntryError[];
}

export interface EntryError {
  /** Position in the `files` of the request. */
  index: number;
  detail: string;
}
