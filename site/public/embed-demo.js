// Lists the events of the elements, and shows the uploaded batch in <tallyman-progress>.
const uploader = document.querySelector("tallyman-uploader");
const progress = document.querySelector("tallyman-progress");
const list = document.querySelector("#events");

/**
 * @param {string} name
 * @param {string} text
 */
function show(name, text) {
  // Progress is dispatched once per frame. Each line shows the latest one.
  let line = list?.lastElementChild;
  if (line?.getAttribute("data-name") !== name) {
    line = list?.appendChild(document.createElement("li"));
    line?.setAttribute("data-name", name);
  }
  if (line) line.textContent = `${name}: ${text}`;
}

uploader?.addEventListener("tallyman:created", ({ type, detail }) => {
  show(type, detail.id);
  document.querySelector("#hint")?.remove();
  progress?.setAttribute("batch", detail.id);
  progress?.setAttribute("token", detail.tokens.read);
});
uploader?.addEventListener("tallyman:progress", ({ type, detail }) => {
  show(type, `${detail.percentComplete} %, ${detail.totals.completed} files`);
});
uploader?.addEventListener("tallyman:completed", ({ type, detail }) => {
  show(type, `${detail.completed} of ${detail.files} files`);
});
uploader?.addEventListener("tallyman:problem", ({ type, detail }) => show(type, detail.code));
