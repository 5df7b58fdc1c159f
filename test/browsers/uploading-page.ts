import * as v from "valibot";
import { expect } from "vitest";
import { isFilePage } from "../../client/api/guards.ts";
import type { Driver } from "./driver.ts";

const Saved = v.object({
  batches: v.array(
    v.object({
      id: v.string(),
      tokens: v.object({ read: v.string(), write: v.string() }),
    }),
  ),
  packs: v.array(v.object({ files: v.number() })),
});
type SavedBatch = v.InferOutput<typeof Saved>["batches"][number];

const Batch = v.object({
  state: v.string(),
  totals: v.record(v.string(), v.number()),
  sheets: v.optional(v.record(v.string(), v.string())),
});
type Batch = v.InferOutput<typeof Batch>;

/** Returns what the page has saved. It's text, as it runs in the page. */
const SAVED = `(async () => {
  // Opening would create it, and the page would find it without stores.
  const all = await indexedDB.databases();
  if (all.length === 0) return { batches: [], packs: [] };
  const settle = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const database = await settle(indexedDB.open("tallyman"));
  const stored = database.transaction(["batches", "packs"]);
  const [batches, packs] = await Promise.all(
    ["batches", "packs"].map((name) => settle(stored.objectStore(name).getAll())),
  );
  database.close();
  return {
    batches: batches.map(({ id, tokens }) => ({ id, tokens })),
    packs: packs.map(({ files }) => ({ files: files.length })),
  };
})()`;

/** Drops files on the page, as a browser does for files of its own. */
const DROP = `(names) => {
  const data = new DataTransfer();
  for (const name of names) data.items.add(new File([name], name, { type: "text/plain" }));
  for (const type of ["dragenter", "dragover", "drop"])
    document.body.dispatchEvent(
      new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }),
    );
}`;

/** Returns how many of the colours some pixel of the contact sheet has, nearly. */
const SHOWN_COLORS = `(colors) => {
  const canvas = document.querySelector(".contact-sheet canvas");
  if (canvas === null) return 0;
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const isShown = (color) => {
    const isNear = (at) => color.every((value, index) => Math.abs(value - data[at + index]) < 12);
    for (let at = 0; at < data.length; at += 4) if (isNear(at)) return true;
    return false;
  };
  return colors.filter(isShown).length;
}`;

/** The page of an uploader or a viewer, as a person and the server see it. */
export class UploadingPage {
  readonly driver: Driver;
  readonly #origin: string;
  /** Ids of the batches that were saved before the current journey. */
  #earlier: ReadonlySet<string> = new Set();

  constructor(driver: Driver, origin: string) {
    this.driver = driver;
    this.#origin = origin;
  }

  /** Opens the page for a new batch. */
  async begin(): Promise<void> {
    await this.open();
    this.#earlier = new Set((await this.#saved()).batches.map(({ id }) => id));
  }

  /** Opens the page, and waits until it can be used. */
  async open(path = "/"): Promise<void> {
    await this.driver.open(this.#origin + path);
    await expect
      .poll(() => this.driver.evaluate("document.querySelector('main') !== null"))
      .toBe(true);
  }

  /** Chooses files, or a folder, with the button of that name. */
  async choose(name: string, paths: readonly string[]): Promise<void> {
    await this.shows(name);
    await this.driver.choose(`${button(name)}.nextElementSibling`, paths);
  }

  async drop(names: readonly string[]): Promise<void> {
    await this.driver.evaluate(`(${DROP})(${JSON.stringify(names)})`);
  }

  /** Waits for a button. */
  async shows(name: string): Promise<void> {
    await expect.poll(() => this.driver.evaluate(`${BUTTONS}.map(${NAME})`)).toContain(name);
  }

  async press(name: string): Promise<void> {
    await this.shows(name);
    await this.driver.evaluate(`void ${button(name)}.click()`);
  }

  /** Returns the number of those colours that the contact sheet shows. */
  async shownColors(colors: readonly (readonly number[])[]): Promise<unknown> {
    return this.driver.evaluate(`(${SHOWN_COLORS})(${JSON.stringify(colors)})`);
  }

  /** Returns the page's text in one line: "20 of 20 files stored". */
  async text(): Promise<string> {
    const text = await this.driver.evaluate("document.body.innerText");
    return String(text).replaceAll(/\s+/gu, " ");
  }

  /** Downloads the target of the link whose text starts like this. Returns its text. */
  async download(link: string): Promise<string> {
    const found = `[...document.querySelectorAll("a[href]")].find((it) => it.textContent.startsWith(${JSON.stringify(link)}))`;
    await expect.poll(() => this.driver.evaluate(`${found} !== undefined`)).toBe(true);
    return String(await this.driver.evaluate(`fetch(${found}.href).then((it) => it.text())`));
  }

  /** Returns the batch of this journey, once it was saved. */
  async batch(): Promise<SavedBatch> {
    const added = async () =>
      (await this.#saved()).batches.filter(({ id }) => !this.#earlier.has(id));
    await expect.poll(added).toHaveLength(1);
    const [batch] = await added();
    if (batch === undefined) throw new Error("The page has saved no batch.");
    return batch;
  }

  /** Returns the number of files whose bytes are saved, to be sent after a reload. */
  async savedFiles(): Promise<number> {
    const { packs } = await this.#saved();
    return packs.reduce((sum, { files }) => sum + files, 0);
  }

  /** Returns the server's report of the batch. */
  async report(): Promise<Batch> {
    return v.parse(Batch, await this.#get(""));
  }

  /** Returns the paths of the batch's files on the server. */
  async paths(): Promise<string[]> {
    const page = await this.#get("/files?limit=1000");
    if (!isFilePage(page)) throw new Error("The files could not be listed.");
    return page.files.map(({ name, path }) => path ?? name);
  }

  async #saved(): Promise<v.InferOutput<typeof Saved>> {
    return v.parse(Saved, await this.driver.evaluate(SAVED));
  }

  async #get(path: string): Promise<unknown> {
    const { id, tokens } = await this.batch();
    const headers = { authorization: `Bearer ${tokens.read}` };
    const response = await fetch(`${this.#origin}/v1/batches/${id}${path}`, { headers });
    return response.json();
  }
}

const BUTTONS = `[...document.querySelectorAll("button")].filter((it) => it.checkVisibility?.() !== false)`;
/** Returns the accessible name of a button. */
const NAME = `(it) => (it.getAttribute("aria-label") ?? it.textContent).trim()`;

/** Returns the expression of a visible button by its accessible name. */
function button(name: string): string {
  return `${BUTTONS}.find((it) => (${NAME})(it) === ${JSON.stringify(name)})`;
}
