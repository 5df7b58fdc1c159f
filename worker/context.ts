import type { Context } from "hono";
import type { BatchClient } from "./batch-client.ts";

/** What Hono carries along with a request. */
export interface AppEnv {
  Bindings: Env;
  Variables: {
    requestId: string;
    /** Batch calls made for this request. */
    batchCalls: { count: number };
    /** The batch that the request's token opens, behind `requireAccess`. */
    batch: BatchClient;
  };
}

export type AppContext = Context<AppEnv>;
