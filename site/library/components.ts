/** Tallyman's components, for other people's Preact apps. Their style: `tallyman/components.css`. */
import "../styles/tokens.css";
import "../styles/base.css";
import "../styles/controls.css";
import "../styles/count.css";
import "../styles/notes.css";
import "../styles/drop.css";
import "../embed/embed.css";

export { BatchProgress, type BatchProgressProps } from "../batch/batch-progress.tsx";
export { Frame } from "../ui/frame.tsx";
export { UploadBox } from "../upload/upload-box.tsx";
export { WatchProgress } from "../batch/watch-progress.tsx";
export { Board } from "../batch/board.ts";
export { Uploads } from "../upload/uploads.ts";
