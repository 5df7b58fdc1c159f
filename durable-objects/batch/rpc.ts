import type { DurableObject } from "cloudflare:workers";
import type { Batch } from "./batch.ts";

/** What the Worker calls of a Batch; the rest of it the platform calls. */
export type BatchMethod = Exclude<keyof Batch, keyof DurableObject>;

/** Those that may change the batch. */
export type ChangingMethod = Exclude<BatchMethod, "status" | "list" | "file" | "storedFile">;
