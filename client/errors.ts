import { isRetryable, PROBLEMS, type ProblemCode } from "../protocol/index.ts";

/** A stable code: the server's, or for what only a client can find out one of the client's own. */
export type ClientCode =
  | ProblemCode
  /** No answer came. */
  | "connection_failed"
  /** An answer came that is not one of Tallyman's. */
  | "unexpected_answer"
  /** The file was changed, moved or deleted after it was chosen. */
  | "file_unreadable";

/** What a page shows when something is wrong with the whole batch. */
export interface ClientProblem {
  code: ClientCode;
  /** One sentence for a person. */
  detail: string;
}

/** Is this one of the protocol's codes? A newer server may send one that this client does not know. */
export function isServerCode(code: unknown): code is ProblemCode {
  return typeof code === "string" && Object.hasOwn(PROBLEMS, code);
}

/** A call or an upload that did not succeed. */
export class ProblemError extends Error implements ClientProblem {
  readonly code: ClientCode;
  readonly detail: string;
  /** Is the same request worth sending again? */
  readonly retryable: boolean;
  /** Milliseconds the server asked to wait, or null. */
  readonly retryAfter: number | null;

  constructor(
    problem: ClientProblem,
    options: { retryable?: boolean; retryAfter?: number | null } = {},
  ) {
    const { retryable = isWorthRetrying(problem.code), retryAfter = null } = options;
    super(`${problem.code}: ${problem.detail}`);
    this.name = "ProblemError";
    this.code = problem.code;
    this.detail = problem.detail;
    this.retryable = retryable;
    this.retryAfter = retryAfter;
  }
}

/** Is whatever met this code worth another try? */
export function isWorthRetrying(code: ClientCode): boolean {
  return isServerCode(code) ? isRetryable(code) : code === "connection_failed";
}

/** No answer came: refused, cut, timed out, offline. */
export function connectionFailed(cause?: unknown): ProblemError {
  const detail = cause instanceof Error ? cause.message : "No answer came from the server.";
  return new ProblemError({ code: "connection_failed", detail });
}

/** A file cannot be read. */
export function fileUnreadable(): ProblemError {
  const detail = "The file was changed, moved or deleted after it was chosen.";
  return new ProblemError({ code: "file_unreadable", detail });
}

// Problems of the batch or of the caller: no file of the batch would fare better than this one.
const FATAL: ReadonlySet<ClientCode> = new Set<ClientCode>([
  "unauthorized",
  "forbidden",
  "not_found",
  "batch_not_found",
  "method_not_allowed",
  "batch_cancelled",
  "batch_expired",
  "not_configured",
]);

/** Does this problem end the whole batch for this client? */
export function isFatal(code: ClientCode): boolean {
  return FATAL.has(code);
}

/** Has somebody else declared files at the same moment? */
export function isFilesAdded(error: unknown): boolean {
  return error instanceof ProblemError && error.code === "files_added";
}
