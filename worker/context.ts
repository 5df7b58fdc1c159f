import type { Context } from "hono";
import type { ProblemCode } from "../protocol/index.ts";
import type { BatchClient } from "./batches/batch-client.ts";
import type { BodyReader } from "./http/request-body.ts";

/** Types of the bindings and variables in Hono's context. */
export interface AppEnv {
  Bindings: Env & {
    /** Receives a data point for each request; undefined unless the operator binds it. */
    METRICS?: AnalyticsEngineDataset;
  };
  Variables: {
    requestId: string;
    /** Reader of the request's body, set by `provideBody`. The body must not be read otherwise. */
    body: BodyReader;
    /** Number of calls to Batch objects for this request. */
    batchCalls: { count: number };
    /** The batch in the path, set by `requireAccess`. */
    batch: BatchClient;
    /** True if the operator's token opened it, set by `requireAccess`. */
    isOperator: boolean;
    /** True if a token opened it that changes nothing, set by `requireAccess`. */
    isReader: boolean;
    /** Code of the problem that was returned. */
    problem: ProblemCode;
  };
}

export type AppContext = Context<AppEnv>;
