import { isRetryable, PROBLEMS, type ProblemCode } from "../protocol/index.ts";

/**
 * A stable problem code: one of the server's, or one of the client's own.
 *
 * | the client's own | meaning |
 * |---|---|
 * | `connection_failed` | no response arrived, or none in time |
 * | `foreign_response` | a system between this client and the server responded in its place |
 * | `refused_in_between` | a system in between responds to every request with this file, or cuts it off |
 * | `network_limit` | the file is larger than a request that a system in between lets through |
 * | `unexpected_answer` | the server sent a code or a body that this client doesn't know |
 * | `file_unreadable` | the file was changed, moved or deleted after it was chosen |
 * | `client_error` | this client, or the app, has a bug: its error is uncaught as well, so that consoles show it |
 *
 * @example
 * const text: Partial<Record<ClientCode, string>> = { connection_failed: "You are offline." };
 */
export type ClientCode =
  | ProblemCode
  | "connection_failed"
  | "foreign_response"
  | "refused_in_between"
  | "network_limit"
  | "unexpected_answer"
  | "file_unreadable"
  | "client_error";

/**
 * A problem of the whole batch, as the `problem` event reports it.
 *
 * @example
 * uploader.on("problem", ({ code, detail }: ClientProblem) => console.error(code, detail));
 */
export interface ClientProblem {
  code: ClientCode;
  /** One sentence for people. */
  detail: string;
}

/** True if `code` is one of the protocol's. A newer server may send codes this client lacks. */
export function isServerCode(code: unknown): code is ProblemCode {
  return typeof code === "string" && Object.hasOwn(PROBLEMS, code);
}

interface ProblemOptions {
  retryable?: boolean;
  retryAfter?: number | null;
  status?: number | null;
  isChallenge?: boolean;
  isTimeout?: boolean;
}

/**
 * A request or an upload that failed.
 *
 * @example
 * try {
 *   await listBatches(endpoint, grant);
 * } catch (error) {
 *   if (error instanceof ProblemError && error.retryable) scheduleRetry();
 * }
 */
export class ProblemError extends Error implements ClientProblem {
  readonly code: ClientCode;
  readonly detail: string;
  /** True if the same request may succeed later. */
  readonly retryable: boolean;
  /** Milliseconds from the response's `Retry-After`, or null. */
  readonly retryAfter: number | null;
  /** Status of the response, or null without one. */
  readonly status: number | null;
  /** True if a system in between wants to see a person first: reloading the page shows its check. */
  readonly isChallenge: boolean;
  /** True if no response arrived in time. */
  readonly isTimeout: boolean;

  constructor(problem: ClientProblem, options: ProblemOptions = {}) {
    const { retryable = isWorthRetrying(problem.code), retryAfter = null } = options;
    super(`${problem.code}: ${problem.detail}`);
    this.name = "ProblemError";
    this.code = problem.code;
    this.detail = problem.detail;
    this.retryable = retryable;
    this.retryAfter = retryAfter;
    this.status = options.status ?? null;
    this.isChallenge = options.isChallenge ?? false;
    this.isTimeout = options.isTimeout ?? false;
  }
}

const WORTH_RETRYING: ReadonlySet<ClientCode> = new Set<ClientCode>([
  "connection_failed",
  "foreign_response",
  "refused_in_between",
  "network_limit",
]);

/**
 * True if a file or request that failed with this code may succeed when it's sent again.
 *
 * @example
 * const code = uploader.ledger.errorCode(file);
 * if (code !== null && isWorthRetrying(code)) uploader.retry([file]);
 */
export function isWorthRetrying(code: ClientCode): boolean {
  return isServerCode(code) ? isRetryable(code) : WORTH_RETRYING.has(code);
}

/** Returns the error for a request without a response: refused, cut, timed out, offline. */
export function connectionFailed(cause?: unknown): ProblemError {
  const detail = cause instanceof Error ? cause.message : "The server didn't respond.";
  const isTimeout = cause instanceof Error && cause.name === "TimeoutError";
  return new ProblemError({ code: "connection_failed", detail }, { isTimeout });
}

/** Returns the error for a request that was given up because nothing happened for too long. */
export function timedOut(detail: string): ProblemError {
  return new ProblemError({ code: "connection_failed", detail }, { isTimeout: true });
}

/** Returns the error for a response that isn't Tallyman's. It says nothing about the request. */
export function foreignResponse(status: number, isChallenge: boolean): ProblemError {
  const detail = `A system between this device and the server responded ${status} in its place.`;
  return new ProblemError({ code: "foreign_response", detail }, { status, isChallenge });
}

/** True for the refusal of a declaration, because others have added files meanwhile. */
export function isFilesAdded(error: unknown): boolean {
  return error instanceof ProblemError && error.code === "files_added";
}

/** True if the request got no response of Tallyman's, which says nothing about what it asked for. */
export function isNoConnection({ code }: ClientProblem): boolean {
  return code === "connection_failed" || code === "foreign_response";
}

/** Returns the problem that an error is; `client_error` for one that is a bug. */
export function problemOf(error: unknown): ClientProblem {
  if (error instanceof ProblemError) return { code: error.code, detail: error.detail };
  return { code: "client_error", detail: `This page has a bug: ${String(error)}` };
}

/** Returns the error for a file that can't be read any more. */
export function fileUnreadable(): ProblemError {
  const detail = "The file was changed, moved or deleted after it was chosen.";
  return new ProblemError({ code: "file_unreadable", detail });
}

// Problems of the batch or of the caller: every other file of the batch would meet them too.
const FATAL: ReadonlySet<ClientCode> = new Set<ClientCode>([
  "unauthorized",
  "token_revoked",
  "forbidden",
  "not_found",
  "batch_not_found",
  "method_not_allowed",
  "batch_cancelled",
  "batch_expired",
  "not_configured",
]);

/** True if this problem ends the whole batch for this client. */
export function isFatal(code: ClientCode): boolean {
  return FATAL.has(code);
}
