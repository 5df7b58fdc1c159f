import type { Hono } from "hono";
import type { AppContext, AppEnv } from "../context.ts";
import { ProblemError } from "./problem.ts";
import { ConnectionLost, TooSlow } from "./request-body.ts";

/** A JWT, as the platform's own errors may quote one. */
const TOKEN = /\beyJ[\w-]+\.[\w.-]*/gu;

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/** Whatever a handler threw, as a problem. Of what was not foreseen only the log knows more. */
export function errorResponse(error: Error, c: AppContext): Response {
  return problemResponse(toProblem(error, c), c);
}

function problemResponse(problem: ProblemError, c: AppContext): Response {
  c.set("problem", problem.code);
  return problem.toResponse(c.var.requestId);
}

function toProblem(error: Error, c: AppContext): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof TooSlow) return new ProblemError("too_slow", error.message);
  if (error instanceof ConnectionLost) return new ProblemError("malformed_request", error.message);
  const text = (error.stack ?? error.message).replaceAll(TOKEN, "[token]");
  console.error(JSON.stringify({ requestId: c.var.requestId, error: text }));
  return new ProblemError("internal_error", "Try again; if it stays so, report the requestId.");
}

/** No route matched: either nothing is at that address, or it takes other methods. */
export function notFoundResponse(app: Hono<AppEnv>, c: AppContext): Response {
  const allowed = METHODS.filter((method) => hasRoute(app, method, c.req.path));
  const problem =
    allowed.length === 0
      ? new ProblemError("not_found", "Check the address: docs/protocol.md lists them all.")
      : new ProblemError("method_not_allowed", `Use ${allowed.join(" or ")} here.`, {
          headers: { Allow: allowed.join(", ") },
        });
  return problemResponse(problem, c);
}

/** Middleware is registered for all methods, a route for its own. */
function hasRoute(app: Hono<AppEnv>, method: string, path: string): boolean {
  const [matched] = app.router.match(method, path);
  return matched.some(([[, route]]) => route.method === method);
}
