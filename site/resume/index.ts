/** What few need at first, and is loaded after the page: coming back to batches of earlier pages. */
export { MissingFiles } from "./missing-files.tsx";
export { ResumeOfferList as OfferList } from "./resume-offer-list.tsx";
export { RecentBatches } from "./recent-batches.tsx";
export { ResumeController as Returning } from "./resume-controller.ts";
