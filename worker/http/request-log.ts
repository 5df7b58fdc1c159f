import { createMiddleware } from "hono/factory";
import { routePath } from "hono/route";
import type { ProblemCode } from "../../protocol/index.ts";
import type { AppContext, AppEnv } from "../context.ts";
import { bodyLength } from "./request-body.ts";

/** What is kept of a request: nothing that opens anything, and no name that somebody gave. */
interface RequestRecord {
  requestId: string;
  method: string;
  /** Its pattern, such as `/v1/batches/:batch`; "" where there is none. */
  route: string;
  status: number;
  problem: ProblemCode | null;
  /** Until the answer began; a stream or a socket may go on. */
  ms: number;
  /** Bytes of the request's body, as far as it said. */
  bytes: number;
  /** The batch that the request's token opened. */
  batch: string | null;
  batchCalls: number;
}

/** Tells the log, and Analytics Engine where it is bound, of each request: docs/operating.md. */
export const logRequest = createMiddleware<AppEnv>(async (c, next) => {
  const begun = Date.now();
  await next();
  const record = createRecord(c, Date.now() - begun);
  if (c.env.LOG === "requests") console.log(JSON.stringify(record));
  c.env.METRICS?.writeDataPoint(toDataPoint(record));
});

function createRecord(c: AppContext, ms: number): RequestRecord {
  // A request that was refused has not come as far as its batch.
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

/** Whatever an address says beside its pattern, a token among it, stays out. */
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
