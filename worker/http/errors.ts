import type { AppContext } from "../context.ts";
import { ProblemError } from "./problem.ts";
import { ConnectionLost, ServerBusy, TooSlow } from "./body-errors.ts";
import { platformBusy, platformErrorName } from "./platform-error.ts";
import { asProblem } from "./storage-problem.ts";

/** Matches a JWT. Error messages of the platform may quote one. */
const TOKEN = /\beyJ[\w-]+\.[\w.-]*/gu;

/** Seconds after which other bodies have probably ended. */
const BUSY_RETRY_S = 2;

/** Turns an error of a handler into a problem response. Details of unexpected errors are only logged. */
export function errorResponse(error: Error, c: AppContext): Response {
  return problemResponse(toProblem(error, c), c);
}

function problemResponse(problem: ProblemError, c: AppContext): Response {
  c.set("problem", problem.code);
  return problem.toResponse(c.var.requestId);
}

function toProblem(error: Error, c: AppContext): ProblemError {
  const warning = platformErrorName(error);
  if (warning !== null) {
    console.warn(JSON.stringify({ ...logged(error.message, c), warning }));
    return platformBusy();
  }
  const problem = asProblem(error);
  if (problem) return problem;
  if (error instanceof ServerBusy)
    return new ProblemError("busy", error.message, { retryAfter: BUSY_RETRY_S });
  if (error instanceof TooSlow) return new ProblemError("too_slow", error.message);
  if (error instanceof ConnectionLost) return new ProblemError("malformed_request", error.message);
  console.error(JSON.stringify(logged(error.stack ?? error.message, c)));
  return new ProblemError(
    "internal_error",
    "An unexpected error occurred; retry, and report the requestId if it persists.",
  );
}

function logged(text: string, c: AppContext): { requestId: string; error: string } {
  return { requestId: c.var.requestId, error: text.replaceAll(TOKEN, "[token]") };
}

/** Handles a path that no route matches. */
export function notFoundResponse(c: AppContext): Response {
  const detail = "This path does not exist; docs/protocol.md lists all paths.";
  return problemResponse(new ProblemError("not_found", detail), c);
}

/** Handles a path whose routes have other methods. */
export function methodNotAllowedResponse(c: AppContext, allowed: readonly string[]): Response {
  const methods = allowed.join(", ");
  const detail = `${c.req.method} is not supported here; use one of ${methods}.`;
  const problem = new ProblemError("method_not_allowed", detail, { headers: { Allow: methods } });
  return problemResponse(problem, c);
}
