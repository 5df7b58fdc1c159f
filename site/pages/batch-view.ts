/** The code that shows a batch. The page loads it after its first script. */
export { MastheadHero } from "./masthead-hero.tsx";
export { UploadBatch } from "./upload-batch.tsx";
export { WatchBatch } from "./watch-batch.tsx";
