import { TallymanProgress } from "./progress-element.tsx";
import { TallymanUploader } from "./uploader-element.tsx";

export { TallymanProgress, TallymanUploader };

declare global {
  interface HTMLElementTagNameMap {
    "tallyman-progress": TallymanProgress;
    "tallyman-uploader": TallymanUploader;
  }
}

// A page may load the script more than once, also from several origins. The first one defines them.
function define(name: string, element: CustomElementConstructor): void {
  if (customElements.get(name) === undefined) customElements.define(name, element);
}

define("tallyman-progress", TallymanProgress);
define("tallyman-uploader", TallymanUploader);
