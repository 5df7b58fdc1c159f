import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import * as v from "valibot";
import { describe, expect } from "vitest";
import { flawsOf } from "../support/axe.ts";
import { TestBatch } from "../support/batch.ts";
import { test as browserTest } from "../support/browser-test.ts";
import { snippets } from "../support/host.ts";
import { drop, holdFiles } from "../support/page.ts";
import type { Server } from "../support/server.ts";

const NAMES = ["a.txt", "b.txt", "c.txt"];

declare global {
  /** What the page was told, in order. */
  var told: [name: string, detail: unknown][];
}

/** A folder of letters, and in every page what it was told. */
const test = browserTest
  .extend("letters", { scope: "file" }, async ({ folder }) => {
    const letters = join(folder, "letters");
    await mkdir(letters);
    for (const name of NAMES) await writeFile(join(letters, name), "some text");
    return letters;
  })
  .extend("paths", ({ letters }) => NAMES.map((name) => join(letters, name)))
  .extend("page", async ({ context }) => {
    const page = await context.newPage();
    await page.addInitScript(listen);
    return page;
  })
  /** Has the page be one of somebody else's, with this in it. */
  .extend("open", ({ page, host }) => async (html: string): Promise<void> => {
    await page.goto(host.serve("/page.html", `<!doctype html><title>Theirs</title>${html}`));
  });

/** As docs/embedding.md describes it: in a plain page of another origin. */
describe("the elements", () => {
  test("the documented ten lines upload what is dropped, and tell the page", async ({
    page,
    letters,
    open,
    server,
  }) => {
    const [html = ""] = await snippets("html", server.origin);
    await open(html);
    await uploader(page).getByText("Drop your files.").waitFor();
    const { x = 0, y = 0 } = (await uploader(page).boundingBox()) ?? {};
    await drop(page, [letters], { x: x + 50, y: y + 50 });
    await expect.poll(() => page.locator("output").innerText()).toBe("3 of 3 files are stored.");

    const [created] = await details(page, "created");
    const { id, tokens } = v.parse(Created, created);
    expect(await page.evaluate(() => [...new FormData(document.forms[0])])).toEqual([
      ["batch", id],
    ]);
    const listed = await fetch(`${server.origin}/v1/batches/${id}/files?token=${tokens.read}`);
    const { files } = v.parse(Listed, await listed.json());
    const stored = NAMES.map((name) => ({ path: `letters/${name}`, state: "completed" }));
    expect(files.toSorted((a, b) => a.path.localeCompare(b.path))).toEqual(stored);
    const further = v.parse(v.array(Progress), await details(page, "progress"));
    expect(further.at(-1)).toMatchObject({
      percentComplete: 100,
      percentSent: 100,
      totals: { files: 3, completed: 3, failed: 0, bytes: 27, receivedBytes: 27 },
    });
    const percents = further.map(({ percentComplete }) => percentComplete);
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
    expect(await details(page, "completed")).toEqual([
      expect.objectContaining({ files: 3, completed: 3, failed: 0, bytes: 27, failures: [] }),
    ]);
    expect(await details(page, "problem")).toEqual([]);
  });

  test("the documented style is taken, and asks for nothing of the page's own", async ({
    page,
    paths,
    open,
    server,
  }) => {
    const [css = ""] = await snippets("css", server.origin);
    await open(`${script(server)}<style>${css}
      * { letter-spacing: 3px } button { display: none } h2 { color: red }</style>
      <tallyman-uploader></tallyman-uploader>`);
    const button = uploader(page).getByRole("button", { name: "Choose files" });
    await button.waitFor();
    const base = uploader(page).locator(".tallyman");
    expect(await base.evaluate((it) => getComputedStyle(it).backgroundColor)).toBe(
      "rgb(255, 247, 237)",
    );
    expect(await base.evaluate((it) => getComputedStyle(it).borderRadius)).toBe("12px");
    expect(await button.evaluate((it) => getComputedStyle(it).borderRadius)).toBe("12px");
    await uploader(page).locator("input").first().setInputFiles(paths);
    const bar = uploader(page).locator(".overall .bar");
    expect(await bar.evaluate((it) => getComputedStyle(it).blockSize)).toBe("10px");
  });

  test("nothing of it leaks into the page", async ({ page, paths, open, server }) => {
    await open(`<h2>Title</h2><p>Text</p><ul><li>Item</li></ul><button>Button</button>
      <tallyman-uploader></tallyman-uploader>`);
    const before = await page.evaluate(footprint);
    await page.addScriptTag({ type: "module", url: `${server.origin}/embed.js` });
    // Twice, and from two addresses, is no more than once.
    await page.addScriptTag({ type: "module", url: `${server.origin}/embed.js?again` });
    await uploader(page).locator("input").first().setInputFiles(paths);
    await all(page, "completed").toHaveLength(1);
    expect(await page.evaluate(footprint)).toEqual(before);
  });

  test("progress follows a batch live, and whatever becomes of its attributes", async ({
    page,
    open,
    server,
  }) => {
    const [, html = ""] = await snippets("html", server.origin);
    const batch = await TestBatch.create(
      server.origin,
      NAMES.map((name) => ({ name, size: 9 })),
    );
    const { id, tokens } = batch.created;
    const sockets: string[] = [];
    page.on("websocket", (socket) => {
      sockets.push("opened");
      socket.on("close", () => sockets.push("closed"));
    });
    await open(html.replace("BATCH", id).replace("READ_TOKEN", tokens.read));
    await batch.seal();
    await progress(page).getByText("of 3 files stored").waitFor();
    for (const file of [0, 1, 2]) {
      expect(await progress(page).locator(".counted").innerText()).toBe(`${file}`);
      await batch.call(`/files/${file}`, { method: "PUT", body: "some text" });
      await expect.poll(() => progress(page).locator(".counted").innerText()).toBe(`${file + 1}`);
    }
    await ending(page).waitFor();
    expect(await progress(page).getByRole("button").count()).toBe(0);
    expect(await details(page, "completed")).toHaveLength(1);
    expect(sockets).toEqual(["opened"]);

    // Moved: nothing at all. Taken out: it ends, and begins again where it is put in.
    await progress(page).evaluate((it) => document.body.prepend(it));
    await progress(page).evaluate((it) => Object.assign(globalThis, { taken: it }).taken.remove());
    await expect.poll(() => sockets).toEqual(["opened", "closed"]);
    await page.evaluate("document.body.append(globalThis.taken)");
    await ending(page).waitFor();
    await expect.poll(() => sockets).toEqual(["opened", "closed", "opened"]);

    // Another token, a good one again, and none.
    await progress(page).evaluate((it) => it.setAttribute("token", "none"));
    await progress(page).getByText("no longer valid").waitFor();
    expect(await details(page, "problem")).toEqual([
      expect.objectContaining({ code: "unauthorized" }),
    ]);
    await progress(page).evaluate((it, token) => Object.assign(it, { token }), tokens.read);
    await ending(page).waitFor();
    await progress(page).evaluate((it) => it.removeAttribute("batch"));
    await expect.poll(() => progress(page).locator(".tallyman").count()).toBe(0);
  });

  test("a page pauses and goes on, brings a grant when it is asked, and starts anew", async ({
    page,
    paths,
    open,
    server,
  }) => {
    await open(`${script(server)}<tallyman-uploader></tallyman-uploader>`);
    const letGo = await holdFiles(page);
    const [js = ""] = await snippets("js", server.origin);
    await page.route("**/tallyman-grant", (route) => route.fulfill({ body: "no-grant" }));
    await page.evaluate(js);
    const choose = () => uploader(page).locator("input").first().setInputFiles(paths);
    await choose();
    await all(page, "problem").toEqual([expect.objectContaining({ code: "unauthorized" })]);

    await uploader(page).evaluate((it) => Object.assign(it, { grant: null }));
    await uploader(page).getByRole("button", { name: "Retry", exact: true }).click();
    await all(page, "created").toHaveLength(1);
    await page.evaluate("document.querySelector('tallyman-uploader').pause()");
    await uploader(page).getByText("Paused.").waitFor();
    letGo();
    await page.evaluate("document.querySelector('tallyman-uploader').resume()");
    await all(page, "completed").toHaveLength(1);
    const kept = await page.evaluate("document.querySelector('tallyman-uploader').status.metadata");
    expect(kept).toEqual({ album: "2026-11" });

    await uploader(page).getByRole("button", { name: "Start another batch" }).click();
    await choose();
    await all(page, "completed").toHaveLength(2);
  });

  test("while the network is away nothing says how fast it goes, or how long it takes", async ({
    page,
    context,
    open,
    server,
  }) => {
    await open(`${script(server)}<tallyman-uploader></tallyman-uploader>`);
    await uploader(page).evaluate((it) => Object.assign(it, { bytesPerSecond: 100_000 }));
    const file = { mimeType: "text/plain", buffer: Buffer.alloc(20_000) };
    const files = Array.from({ length: 200 }, (_, place) => ({ ...file, name: `${place}.txt` }));
    await uploader(page).locator("input").first().setInputFiles(files);
    const pace = async () => (await uploader(page).locator("dd").allInnerTexts()).slice(1);
    const told = [expect.stringContaining("/s"), expect.stringContaining("about")];
    await expect.poll(pace).toEqual(told);

    await context.setOffline(true);
    await expect.poll(pace).toEqual(["–", "–"]);
    await context.setOffline(false);
    await expect.poll(pace).toEqual(told);
  });

  test("the headless client of the same script, with no build at all", async ({
    page,
    paths,
    open,
    server,
  }) => {
    const html = (await snippets("html", server.origin)).at(-1) ?? "";
    await open(html);
    await page.locator("input").setInputFiles(paths);
    await expect.poll(() => page.evaluate("document.querySelector('progress').value")).toBe(100);
  });

  test("nothing is wrong for those who do not see it, in the demonstration", async ({
    page,
    paths,
    server,
  }) => {
    await page.goto(`${server.origin}/embed-demo.html`);
    await uploader(page).getByText("Drop your files.").waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await uploader(page).locator("input").first().setInputFiles(paths);
    await ending(page).waitFor();
    expect(await flawsOf(page)).toEqual([]);
  });
});

const script = (server: Server) =>
  `<script type="module" src="${server.origin}/embed.js"></script>`;
const uploader = (page: Page) => page.locator("tallyman-uploader");
const progress = (page: Page) => page.locator("tallyman-progress");
const ending = (page: Page) =>
  progress(page).locator(".ending", { hasText: "All 3 files are stored." });

/** Details of one event, in order. */
async function details(page: Page, name: string): Promise<unknown[]> {
  const told = await page.evaluate(() => globalThis.told);
  return told.filter(([event]) => event === `tallyman:${name}`).map(([, detail]) => detail);
}

const all = (page: Page, name: string) => expect.poll(() => details(page, name));

const Created = v.object({
  id: v.string(),
  tokens: v.object({ write: v.string(), read: v.string() }),
});
const Listed = v.object({ files: v.array(v.object({ path: v.string(), state: v.string() })) });
const Progress = v.looseObject({ percentComplete: v.number() });

/** Runs in every page, before anything else: keeps what it is told. */
function listen(): void {
  globalThis.told = [];
  for (const name of ["created", "progress", "completed", "problem"]) {
    document.addEventListener(`tallyman:${name}`, (event) => {
      if (event instanceof CustomEvent) globalThis.told.push([event.type, event.detail]);
    });
  }
}

/** Runs in the page: all by which a page might know that a script had been there. */
function footprint() {
  const own = document.querySelectorAll("html, body, h2, p, ul, li, button");
  const styles = Array.from(own, (element) =>
    [...getComputedStyle(element)].map(
      (property) => `${property}: ${getComputedStyle(element).getPropertyValue(property)}`,
    ),
  );
  return {
    styles: styles.map((lines) =>
      lines.filter(
        (line) =>
          !/^(?:block-size|height|inline-size|width|perspective-origin|transform-origin)/u.test(
            line,
          ),
      ),
    ),
    globals: Object.keys(globalThis).filter((name) => name !== "told"),
    sheets: document.adoptedStyleSheets.length + document.styleSheets.length,
    title: document.title,
    cookies: document.cookie + Object.keys(localStorage).join(),
  };
}
