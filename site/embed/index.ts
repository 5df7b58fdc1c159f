/** The elements for pages of other people. Loading this defines them. */
import { TallymanProgress } from "./progress-element.tsx";
import { TallymanUploader } from "./uploader-element.tsx";

export type { ProgressEventDetail, TallymanEventDetails } from "./events.ts";
export { TallymanProgress, TallymanUploader };
// They are in here anyway: for pages that show progress in their own way.
export { Uploader, Watcher } from "../../client/index.ts";

declare global {
  interface HTMLElementTagNameMap {
    "tallyman-progress": TallymanProgress;
    "tallyman-uploader": TallymanUploader;
  }
}

// A page may load the script twice, or from two places: the first one stays.
function define(name: string, element: CustomElementConstructor): void {
  if (customElements.get(name) === undefined) customElements.define(name, element);
}

define("tallyman-progress", TallymanProgress);
define("tallyman-uploader", TallymanUploader);
