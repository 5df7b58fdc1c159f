import type { Handler } from "hono";
import { createMiddleware } from "hono/factory";
import { matchedRoutes } from "hono/route";
import { validator } from "hono/validator";
import * as v from "valibot";
import type { AppContext, AppEnv } from "../context.ts";
import { ProblemError } from "./problem.ts";

/** The parameter of every route with a token. */
const TOKEN = "token";

/** The middleware of routes that have parameters of their own. */
const ownQueries = new WeakSet<object>();

/**
 * Validates the query of a route. `c.req.valid("query")` returns the result.
 *
 * @throws ProblemError `malformed_request`
 */
export function query<Schema extends v.ObjectSchema<v.ObjectEntries, undefined>>(schema: Schema) {
  const middleware = validator("query", (_, c: AppContext) => parseQuery(c, schema));
  ownQueries.add(middleware);
  return middleware;
}

/** Validates the query of a route that ignores other parameters, for the same reason as `anyQuery`. */
export function openQuery<Schema extends v.ObjectSchema<v.ObjectEntries, undefined>>(
  schema: Schema,
) {
  const middleware = validator("query", (_, c: AppContext) => {
    checkRepeated(c, Object.keys(schema.entries));
    return parseKnown(c, schema);
  });
  ownQueries.add(middleware);
  return middleware;
}

/** Accepts every parameter: for addresses that people share, to which mail programs add some. */
export const anyQuery = createMiddleware<AppEnv>((_, next) => next());
ownQueries.add(anyQuery);

/**
 * Refuses the parameters of a request to a route that has none. A misspelt or misplaced parameter that
 * is ignored looks as if it had worked.
 *
 * @throws ProblemError `malformed_request`
 */
export const refuseUnknownQuery = createMiddleware<AppEnv>(async (c, next) => {
  const handlers = matchedRoutes(c).filter(({ method }) => method !== "ALL");
  if (handlers.length > 0 && !handlers.some(hasOwnQuery)) checkNames(c, []);
  await next();
});

function hasOwnQuery({ handler }: { handler: Handler }): boolean {
  return ownQueries.has(handler);
}

function parseQuery<Schema extends v.ObjectSchema<v.ObjectEntries, undefined>>(
  c: AppContext,
  schema: Schema,
): v.InferOutput<Schema> {
  checkNames(c, Object.keys(schema.entries));
  return parseKnown(c, schema);
}

function parseKnown<Schema extends v.ObjectSchema<v.ObjectEntries, undefined>>(
  c: AppContext,
  schema: Schema,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, c.req.query());
  if (result.success) return result.output;
  throw new ProblemError("malformed_request", result.issues[0].message);
}

/** Only the first value would count, as if the others had not been sent. */
function checkRepeated(c: AppContext, names: readonly string[]): void {
  const repeated = names.find((name) => (c.req.queries(name)?.length ?? 0) > 1);
  if (repeated === undefined) return;
  const detail = `The query has several values of ${repeated}; send it once.`;
  throw new ProblemError("malformed_request", detail);
}

function checkNames(c: AppContext, known: readonly string[]): void {
  const unknown = Object.keys(c.req.query()).filter(
    (name) => name !== TOKEN && !known.includes(name),
  );
  if (unknown.length === 0) return;
  const names = unknown.map((name) => JSON.stringify(name)).join(", ");
  const hint = known.length > 0 ? `; this call knows ${known.join(", ")}` : "";
  const detail = `The query has parameters that this call doesn't know: ${names}; remove them${hint}.`;
  throw new ProblemError("malformed_request", detail);
}
