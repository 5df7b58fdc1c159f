import { retryable } from "cloudflare:durable-objects";
import type { Batch } from "./batch.ts";
import type { BatchMethod } from "./rpc.ts";

/** The methods that the Worker calls. The type requires all of them. */
const METHODS: { readonly [M in BatchMethod]: M } = {
  create: "create",
  finishCreation: "finishCreation",
  declare: "declare",
  seal: "seal",
  change: "change",
  setPaused: "setPaused",
  cancel: "cancel",
  retry: "retry",
  cancelFile: "cancelFile",
  cancelFiles: "cancelFiles",
  delete: "delete",
  renewTokens: "renewTokens",
  repeatWebhook: "repeatWebhook",
  status: "status",
  operatorStatus: "operatorStatus",
  setBlock: "setBlock",
  list: "list",
  receipt: "receipt",
  file: "file",
  storedFile: "storedFile",
  archive: "archive",
  sheet: "sheet",
  admitSheet: "admitSheet",
  recordSheet: "recordSheet",
  admit: "admit",
  applyEvents: "applyEvents",
  admitPart: "admitPart",
  registerMultipart: "registerMultipart",
  recordPart: "recordPart",
  releaseCompletion: "releaseCompletion",
};

/** Marks these methods, so that the platform repeats a call that has failed. All of them are idempotent. */
export function markRetryable(prototype: Batch): void {
  retryable(...Object.values(METHODS).map((name) => prototype[name]));
}
