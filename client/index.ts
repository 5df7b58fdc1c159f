/** The headless uploader: the same in a browser and in Node, and of no framework. */
export { BatchApi, listBatches } from "./api.ts";
export type { BatchView } from "./batch-view.ts";
export type { Grant } from "./grant.ts";
export type { Ledger } from "./ledger.ts";
export type { Connection } from "./live.ts";
export { offer } from "./offer.ts";
export { isWorthRetrying, ProblemError } from "./problems.ts";
export type { ClientCode, ClientProblem } from "./problems.ts";
export type { Source } from "./source.ts";
export { Uploader } from "./uploader.ts";
export type { BegunBatch, UploaderOptions } from "./uploader-options.ts";
export { Watcher } from "./watcher.ts";
