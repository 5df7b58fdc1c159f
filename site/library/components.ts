/** Preact components of the package `tallyman`. Their styles are in `tallyman/components.css`. */

export { BatchProgress, type BatchProgressProps } from "../batch/batch-progress.tsx";
export { Frame } from "../ui/frame.tsx";
export { UploadBox } from "../upload/upload-box.tsx";
export { WatchProgress } from "../batch/watch-progress.tsx";
export { Board } from "../batch/board.ts";
export { AppUploads as Uploads } from "../upload/app-uploads.ts";
