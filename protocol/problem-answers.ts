import type { ProblemCode } from "./problems.ts";

/**
 * What an answer says of each problem: its HTTP status, and what went wrong, the same for every
 * occurrence (RFC 9457 `title`). A page has words of its own for that, and leaves these out.
 */
export const PROBLEM_ANSWERS: Readonly<Record<ProblemCode, { status: number; title: string }>> = {
  malformed_request: { status: 400, title: "The request is not what this address takes" },
  malformed_multipart: { status: 400, title: "The multipart body cannot be read" },
  unauthorized: { status: 401, title: "A valid token is needed" },
  forbidden: { status: 403, title: "This token does not open that" },
  not_found: { status: 404, title: "There is nothing at this address" },
  batch_not_found: { status: 404, title: "There is no such batch" },
  file_not_found: { status: 404, title: "There is no such file in this batch" },
  part_not_found: { status: 404, title: "The file has no such part" },
  method_not_allowed: { status: 405, title: "This address does not take that method" },
  too_slow: { status: 408, title: "The request came too slowly" },
  batch_paused: { status: 409, title: "The batch is paused" },
  batch_sealed: { status: 409, title: "The batch is sealed" },
  files_added: { status: 409, title: "Other files were declared meanwhile" },
  batch_cancelled: { status: 409, title: "The batch was cancelled" },
  file_cancelled: { status: 409, title: "The file was cancelled" },
  batch_expired: { status: 410, title: "The batch has expired" },
  length_required: { status: 411, title: "The length of the body must be said" },
  too_many_files: { status: 413, title: "The batch would have too many files" },
  too_large: { status: 413, title: "That is larger than allowed" },
  bundle_too_large: { status: 413, title: "The bundle is larger than allowed" },
  type_refused: { status: 415, title: "Files of this type are not taken" },
  range_not_satisfiable: { status: 416, title: "The file has no such range" },
  invalid_files: { status: 422, title: "Some of the declared files are malformed" },
  size_mismatch: { status: 422, title: "The size is not the declared one" },
  checksum_mismatch: { status: 422, title: "The digest does not match" },
  upgrade_required: { status: 426, title: "This address speaks WebSocket" },
  rate_limited: { status: 429, title: "Too many requests" },
  quota_exceeded: { status: 429, title: "The quota is used up" },
  internal_error: { status: 500, title: "Something went wrong here" },
  storage_failed: { status: 502, title: "The file could not be stored" },
  processing_failed: { status: 502, title: "The file could not be processed" },
  not_configured: { status: 503, title: "This server is not set up yet" },
};
