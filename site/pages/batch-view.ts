/** The code that shows a batch, and notes about files. The page loads it after its first script. */
export { Connection } from "../batch/connection.tsx";
export { DropNotes } from "../upload/drop-notes.tsx";
export { LimitsLine } from "../upload/limits-line.tsx";
export { MastheadHero } from "./masthead-hero.tsx";
export { UploadBatch } from "./upload-batch.tsx";
export { WatchBatch } from "./watch-batch.tsx";
