// Dropzone set up as in its documentation. The bench reads `probedPage` once per frame.
import "dropzone/dist/dropzone.css";
import Dropzone from "dropzone";

const element = document.querySelector("#drop");
element.className = "dropzone";
element.style.minHeight = "90vh";

let confirmed = 0;
const previews = element.getElementsByClassName("dz-preview");
new Dropzone(element, { url: "/upload", method: "put", binaryBody: true, parallelUploads: 4 }).on(
  "success",
  () => (confirmed += 1),
);

globalThis.probedPage = {
  listed: () => previews.length,
  confirmed: () => confirmed,
  bar: () => undefined,
};
