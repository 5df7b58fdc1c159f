// Uppy's Dashboard set up as in its documentation. The bench reads `probedPage` once per frame.
import "@uppy/core/css/style.min.css";
import "@uppy/dashboard/css/style.min.css";
import Uppy from "@uppy/core";
import Dashboard from "@uppy/dashboard";
import XHRUpload from "@uppy/xhr-upload";

let added = 0;
let confirmed = 0;
new Uppy({ autoProceed: true })
  .use(Dashboard, { inline: true, target: "#drop" })
  // Only the bytes, without a form, as the other pages send them if they can.
  .use(XHRUpload, { endpoint: "/upload", method: "PUT", formData: false, limit: 4 })
  .on("files-added", (files) => (added += files.length))
  .on("upload-success", () => (confirmed += 1));

globalThis.probedPage = {
  listed: () => (document.querySelector(".uppy-Dashboard-Item") ? added : 0),
  confirmed: () => confirmed,
  bar: () => document.querySelector(".uppy-StatusBar-progress")?.getAttribute("aria-valuenow"),
};
