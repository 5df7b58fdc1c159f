/** The headless uploader: the same in a browser and in Node, and of no framework. */
export { BatchApi, listBatches } from "./api/batch-api.ts";
export type { BatchView } from "./batch-view.ts";
export type { Grant } from "./api/grant.ts";
export type { Ledger } from "./ledger.ts";
export type { ConnectionState } from "./live/live.ts";
export { matchFiles } from "./resume/resume.ts";
export { isWorthRetrying, ProblemError } from "./errors.ts";
export type { ClientCode, ClientProblem } from "./errors.ts";
export type { Source } from "./source.ts";
export { Uploader } from "./uploader.ts";
export type { ResumableBatch, UploaderOptions } from "./uploader-options.ts";
export { Watcher } from "./watcher.ts";
