import type { ProblemCode } from "./problems.ts";

/**
 * The HTTP status and the title of each problem. The title is the same for every occurrence (RFC 9457).
 * Pages have their own texts and don't include this table.
 */
export const PROBLEM_ANSWERS: Readonly<Record<ProblemCode, { status: number; title: string }>> = {
  malformed_request: { status: 400, title: "Malformed request" },
  malformed_multipart: { status: 400, title: "Malformed multipart body" },
  unauthorized: { status: 401, title: "Missing or invalid token" },
  token_revoked: { status: 401, title: "The token was ended" },
  forbidden: { status: 403, title: "Request not allowed" },
  not_found: { status: 404, title: "Unknown path" },
  batch_not_found: { status: 404, title: "Unknown batch" },
  file_not_found: { status: 404, title: "Unknown file" },
  part_not_found: { status: 404, title: "Unknown part" },
  method_not_allowed: { status: 405, title: "Method not allowed" },
  too_slow: { status: 408, title: "The request body arrived too slowly" },
  batch_paused: { status: 409, title: "The batch is paused" },
  batch_sealed: { status: 409, title: "The batch is sealed" },
  files_added: { status: 409, title: "Other files were declared first" },
  batch_cancelled: { status: 409, title: "The batch was cancelled" },
  file_cancelled: { status: 409, title: "The file was cancelled" },
  in_progress: { status: 409, title: "The same request is still running" },
  batch_expired: { status: 410, title: "The batch has expired" },
  length_required: { status: 411, title: "Content-Length required" },
  too_many_files: { status: 413, title: "Too many files" },
  too_large: { status: 413, title: "Size limit exceeded" },
  bundle_too_large: { status: 413, title: "Bundle limit exceeded" },
  type_refused: { status: 415, title: "File type not accepted" },
  range_not_satisfiable: { status: 416, title: "Range outside the file" },
  invalid_files: { status: 422, title: "Invalid file declarations" },
  idempotency_mismatch: { status: 422, title: "The key was used for another request" },
  size_mismatch: { status: 422, title: "Size differs from the declaration" },
  checksum_mismatch: { status: 422, title: "Checksum mismatch" },
  upgrade_required: { status: 426, title: "This endpoint requires a WebSocket upgrade" },
  rate_limited: { status: 429, title: "Too many requests" },
  quota_exceeded: { status: 429, title: "Quota exceeded" },
  internal_error: { status: 500, title: "Internal error" },
  storage_failed: { status: 502, title: "Storage failed" },
  processing_failed: { status: 502, title: "Processing failed" },
  busy: { status: 503, title: "Server busy" },
  not_configured: { status: 503, title: "Server not configured" },
};
