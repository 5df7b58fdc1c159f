// What a page does with the events of its elements: it shows them, and hands the batch on.
const uploader = document.querySelector("tallyman-uploader");
const progress = document.querySelector("tallyman-progress");
const list = document.querySelector("#events");

/**
 * @param {string} name
 * @param {string} text
 */
function say(name, text) {
  // Progress comes once a frame: one line of it is enough.
  let line = list?.lastElementChild;
  if (line?.getAttribute("data-name") !== name) {
    line = list?.appendChild(document.createElement("li"));
    line?.setAttribute("data-name", name);
  }
  if (line) line.textContent = `${name}: ${text}`;
}

uploader?.addEventListener("tallyman:created", ({ type, detail }) => {
  say(type, detail.id);
  document.querySelector("#hint")?.remove();
  progress?.setAttribute("batch", detail.id);
  progress?.setAttribute("token", detail.tokens.read);
});
uploader?.addEventListener("tallyman:progress", ({ type, detail }) => {
  say(type, `${detail.percentComplete} %, ${detail.totals.completed} files`);
});
uploader?.addEventListener("tallyman:completed", ({ type, detail }) => {
  say(type, `${detail.completed} of ${detail.files} files`);
});
uploader?.addEventListener("tallyman:problem", ({ type, detail }) => say(type, detail.code));
