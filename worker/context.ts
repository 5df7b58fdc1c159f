import type { Context } from "hono";
import type { ProblemCode } from "../protocol/index.ts";
import type { BatchClient } from "./batches/batch-client.ts";
import type { BodyReader } from "./http/request-body.ts";

/** What Hono carries along with a request. */
export interface AppEnv {
  Bindings: Env & {
    /** Counts requests, where the operator has bound it. */
    METRICS?: AnalyticsEngineDataset;
  };
  Variables: {
    requestId: string;
    /** The request's body, behind `readBody`: nobody reads it but through this. */
    body: BodyReader;
    /** Batch calls made for this request. */
    batchCalls: { count: number };
    /** The batch that the request's token opens, behind `requireAccess`. */
    batch: BatchClient;
    /** Key of its owner, as far as the token says. */
    owner: string | null;
    /** Why the request was refused, or failed. */
    problem: ProblemCode;
  };
}

export type AppContext = Context<AppEnv>;
