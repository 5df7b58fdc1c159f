import { loadElementLanguage } from "../i18n/box.ts";
import { TallymanProgress } from "./progress-element.tsx";
import { TallymanUploader } from "./uploader-element.tsx";

export { TallymanProgress, TallymanUploader };

declare global {
  interface HTMLElementTagNameMap {
    "tallyman-progress": TallymanProgress;
    "tallyman-uploader": TallymanUploader;
  }
}

function defineAll(): void {
  define("tallyman-progress", TallymanProgress);
  define("tallyman-uploader", TallymanUploader);
}

// A page may load the script more than once, also from several origins. The first one defines them.
function define(name: string, element: CustomElementConstructor): void {
  if (customElements.get(name) === undefined) customElements.define(name, element);
}

const loading = loadElementLanguage();
// Not `await`: WebKit runs modules that import one with a top-level await too early
// (https://bugs.webkit.org/show_bug.cgi?id=242740).
if (loading === null) defineAll();
else void loading.then(defineAll);
