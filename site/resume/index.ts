/** Resuming batches of earlier visits. Loaded after the page, as most visits do not need it at once. */
export { LinkedBatch } from "./linked-batch.tsx";
export { MissingFiles } from "./missing-files.tsx";
export { RecentBatches } from "./recent-batches.tsx";
export { ResumeController } from "./resume-controller.ts";
export { ResumeOfferList } from "./resume-offer-list.tsx";
