// The least that a page can do: list the names of the files. The bench reads `probedPage` once per frame.
const list = document.querySelector("#drop");
const input = document.querySelector("input");

function show(names) {
  const rows = names.map((name) => {
    const row = document.createElement("li");
    row.textContent = name;
    return row;
  });
  list.append(...rows);
}

async function showFolder(folder) {
  const reader = folder.createReader();
  for (;;) {
    const entries = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0) return;
    show(entries.map(({ name }) => name));
  }
}

addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  const { items } = event.dataTransfer;
  const entry = items.length === 1 ? items[0].webkitGetAsEntry() : null;
  if (entry?.isDirectory) void showFolder(entry);
  else show(Array.from(items, (item) => item.getAsFile().name));
});
document.querySelector("button").addEventListener("click", () => input.click());
input.addEventListener("change", () => show(Array.from(input.files, ({ name }) => name)));

globalThis.probedPage = {
  listed: () => list.childElementCount,
  confirmed: () => 0,
  bar: () => undefined,
};
