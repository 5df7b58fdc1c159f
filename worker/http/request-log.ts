import { createMiddleware } from "hono/factory";
import { routePath } from "hono/route";
import type { ProblemCode } from "../../protocol/index.ts";
import type { AppContext, AppEnv } from "../context.ts";
import { validSettings } from "../settings.ts";
import { bodyLength } from "./request-body.ts";

/** The logged data of a request. It contains no tokens, and no names that clients chose. */
interface RequestRecord {
  requestId: string;
  method: string;
  /** The route's pattern, such as `/v1/batches/:batch`; "" if none matched. */
  route: string;
  status: number;
  problem: ProblemCode | null;
  /** Time until the response started; a stream or socket may continue. */
  ms: number;
  /** The request's `Content-Length`; 0 if there is none. */
  bytes: number;
  /** The batch that the request's token grants access to. */
  batch: string | null;
  batchCalls: number;
}

/** Logs each request, and writes it to Analytics Engine if bound: see docs/operating.md. */
export const logRequest = createMiddleware<AppEnv>(async (c, next) => {
  const start = Date.now();
  await next();
  const record = createRecord(c, Date.now() - start);
  if (validSettings(c.env)?.log !== "errors") console.log(JSON.stringify(record));
  c.env.METRICS?.writeDataPoint(toDataPoint(record));
});

function createRecord(c: AppContext, ms: number): RequestRecord {
  // A refused request has no batch.
  const { requestId, batch, problem, batchCalls }: Partial<AppEnv["Variables"]> = c.var;
  return {
    requestId: requestId ?? "",
    method: c.req.method,
    route: routePattern(c),
    status: c.res.status,
    problem: problem ?? null,
    ms,
    bytes: bodyLength(c.req.raw) ?? 0,
    batch: batch?.id ?? null,
    batchCalls: batchCalls?.count ?? 0,
  };
}

/** The pattern leaves out the rest of the address, which may contain a token. */
function routePattern(c: AppContext): string {
  const pattern = routePath(c, -1);
  return pattern.includes("*") ? "" : pattern;
}

function toDataPoint(record: RequestRecord): AnalyticsEngineDataPoint {
  const { method, route, problem, batch, status, ms, bytes, batchCalls } = record;
  return {
    indexes: [route],
    blobs: [method, route, problem, batch],
    doubles: [status, ms, bytes, batchCalls],
  };
}
