/** Tallyman's components, for other people's Preact apps. Their style: `tallyman/components.css`. */
import "../styles/tokens.css";
import "../styles/base.css";
import "../styles/controls.css";
import "../styles/count.css";
import "../styles/notes.css";
import "../styles/drop.css";
import "../embed/embed.css";

export { BatchProgress, type BatchProgressProps } from "../components/batch-progress.tsx";
export { Frame } from "../components/frame.tsx";
export { UploadBox } from "../components/upload-box.tsx";
export { WatchProgress } from "../components/watch-progress.tsx";
export { Board } from "../state/board.ts";
export { Uploads } from "../state/uploads.ts";
