/** The headless uploader, for browsers and Node, without a framework. */
export { BatchApi, batchPage, getAccessInfo, listBatches } from "./api/batch-api.ts";
export type { Grant } from "./api/grant.ts";
export { isWorthRetrying, ProblemError, type ClientCode, type ClientProblem } from "./errors.ts";
export type { Ledger } from "./ledger.ts";
export type { ConnectionState } from "./live/live.ts";
export { type ReceiptKeys, type VerifiedReceipt, verifyReceipt } from "./receipt.ts";
export { matchFiles } from "./resume/match-files.ts";
export type { Source } from "./source.ts";
export type { Outage } from "./transport/reachability.ts";
export type { ResumableBatch } from "./resumable-batch.ts";
export { Uploader } from "./uploader.ts";
export type { UploaderOptions } from "./uploader-options.ts";
export type { BatchView } from "./view.ts";
export { Watcher } from "./watcher.ts";
