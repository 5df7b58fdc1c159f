// FilePond set up as in its documentation. The bench reads `probedPage` once per frame.
import "filepond/dist/filepond.min.css";
import { create } from "filepond";

let confirmed = 0;
const items = document.getElementsByClassName("filepond--item");
create(document.querySelector("#drop"), {
  allowMultiple: true,
  credits: false,
  dropOnPage: true,
  maxParallelUploads: 4,
  server: { process: "/upload" },
  onprocessfile: (error) => (confirmed += error ? 0 : 1),
});

globalThis.probedPage = {
  listed: () => items.length,
  confirmed: () => confirmed,
  bar: () => undefined,
};
