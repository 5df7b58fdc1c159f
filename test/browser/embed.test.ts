import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import * as v from "valibot";
import { describe, expect } from "vitest";
import { flawsOf } from "../support/axe.ts";
import { TestBatch } from "../support/batch.ts";
import { test as browserTest } from "../support/browser-test.ts";
import { snippets } from "../support/host.ts";
import { drop, holdUploads } from "../support/page.ts";
import type { Server } from "../support/server.ts";

const NAMES = ["a.txt", "b.txt", "c.txt"];

declare global {
  /** Events that the page received, in order. */
  var received: [name: string, detail: unknown][];
}

/** A test with a folder of text files, and with pages that record the elements' events. */
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
  /** Opens a page of another origin with the given content. */
  .extend("open", ({ page, host }) => async (html: string): Promise<void> => {
    await page.goto(
      host.serve("/page.html", `<!doctype html><html lang="en"><title>App</title>${html}`),
    );
  });

/** Tests in a plain page of another origin, with the examples of docs/embedding.md. */
describe("the elements", () => {
  test("the documented ten lines upload dropped files and dispatch events", async ({
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

  test("the documented style applies, and the page's own style does not", async ({
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
    const bar = uploader(page).locator(".batch-bar");
    expect(await bar.evaluate((it) => getComputedStyle(it).blockSize)).toBe("10px");
  });

  test("an element leaves the page around it unchanged", async ({ page, paths, open, server }) => {
    await open(`<h2>Title</h2><p>Text</p><ul><li>Item</li></ul><button>Button</button>
      <tallyman-uploader></tallyman-uploader>`);
    const before = await page.evaluate(footprint);
    await page.addScriptTag({ type: "module", url: `${server.origin}/embed.js` });
    // Loaded twice, from two URLs: defines the elements once.
    await page.addScriptTag({ type: "module", url: `${server.origin}/embed.js?again` });
    await uploader(page).locator("input").first().setInputFiles(paths);
    await all(page, "completed").toHaveLength(1);
    expect(await page.evaluate(footprint)).toEqual(before);
  });

  test("progress follows a batch live, and changes of its attributes", async ({
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
      expect(await progress(page).locator(".stored-count").innerText()).toBe(`${file}`);
      await batch.call(`/files/${file}`, { method: "PUT", body: "some text" });
      await expect
        .poll(() => progress(page).locator(".stored-count").innerText())
        .toBe(`${file + 1}`);
    }
    await ending(page).waitFor();
    expect(await progress(page).getByRole("button").count()).toBe(0);
    await all(page, "completed").toHaveLength(1);
    expect(sockets).toEqual(["opened"]);

    // Moving it changes nothing. Removing it closes the socket, and inserting it opens another one.
    await progress(page).evaluate((it) => document.body.prepend(it));
    await progress(page).evaluate((it) =>
      Object.assign(globalThis, { removed: it }).removed.remove(),
    );
    await expect.poll(() => sockets).toEqual(["opened", "closed"]);
    await page.evaluate("document.body.append(globalThis.removed)");
    await ending(page).waitFor();
    await expect.poll(() => sockets).toEqual(["opened", "closed", "opened"]);

    // An invalid token, a valid one again, and no batch.
    await progress(page).evaluate((it) => it.setAttribute("token", "none"));
    await progress(page).getByText("no longer valid").waitFor();
    await all(page, "problem").toEqual([expect.objectContaining({ code: "unauthorized" })]);
    await progress(page).evaluate((it, token) => Object.assign(it, { token }), tokens.read);
    await ending(page).waitFor();
    await progress(page).evaluate((it) => it.removeAttribute("batch"));
    await expect.poll(() => progress(page).locator(".tallyman").count()).toBe(0);
  });

  test("a page pauses, resumes, provides a grant, and starts another batch", async ({
    page,
    paths,
    open,
    server,
  }) => {
    await open(`${script(server)}<tallyman-uploader></tallyman-uploader>`);
    const release = await holdUploads(page);
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
    await uploader(page).getByText("Paused.").first().waitFor();
    release();
    await page.evaluate("document.querySelector('tallyman-uploader').resume()");
    await all(page, "completed").toHaveLength(1);
    const metadata = await page.evaluate(
      "document.querySelector('tallyman-uploader').status.metadata",
    );
    expect(metadata).toEqual({ album: "2026-11" });

    await uploader(page).getByRole("button", { name: "Start another batch" }).click();
    await choose();
    await all(page, "completed").toHaveLength(2);
  });

  test("shows no speed and no time left while the network is offline", async ({
    page,
    context,
    open,
    server,
  }) => {
    await open(`${script(server)}<tallyman-uploader></tallyman-uploader>`);
    await uploader(page).evaluate((it) => Object.assign(it, { bytesPerSecond: 100_000 }));
    // For minutes, so that the upload lasts longer than the test, also on a busy machine.
    const file = { mimeType: "text/plain", buffer: Buffer.alloc(20_000) };
    const files = Array.from({ length: 2000 }, (_, place) => ({ ...file, name: `${place}.txt` }));
    await uploader(page).locator("input").first().setInputFiles(files);
    const speed = uploader(page).locator(".figures").filter({ hasText: "/s" });
    const timeLeft = uploader(page).locator(".time-left").filter({ hasText: "left" });
    const figures = async () => [await speed.count(), await timeLeft.count()];
    await expect.poll(figures).toEqual([1, 1]);

    await context.setOffline(true);
    await expect.poll(figures).toEqual([0, 0]);
    await context.setOffline(false);
    await expect.poll(figures).toEqual([1, 1]);
  });

  test("an uploader says that the server is out of reach, and when it sends nothing more", async ({
    page,
    paths,
    open,
    server,
  }) => {
    await open(`${script(server)}<tallyman-uploader></tallyman-uploader>`);
    await page.route("**/v1/**", (route) => route.abort());
    await uploader(page).locator("input").first().setInputFiles(paths);
    const outage = { since: expect.any(Number), reason: "network", detail: expect.any(String) };
    await all(page, "outage").toEqual([outage]);
    await uploader(page).getByText("Offline since").first().waitFor();
    expect(await details(page, "idle")).toEqual([]);
    await page.unroute("**/v1/**");
    await all(page, "completed").toHaveLength(1);
    await all(page, "outage").toEqual([outage, null]);
    // The last response may arrive after the news that the batch is completed.
    await all(page, "idle").toEqual([{ failed: 0 }]);
    expect(await details(page, "problem")).toEqual([]);
  });

  test("the headless client uploads without a build", async ({ page, paths, open, server }) => {
    const html = (await snippets("html", server.origin)).at(-1) ?? "";
    await open(html);
    await page.locator("input").setInputFiles(paths);
    await expect.poll(() => page.evaluate("document.querySelector('progress').value")).toBe(100);
  });

  test("the demonstration has no accessibility violations", async ({ page, paths, server }) => {
    await page.goto(`${server.origin}/embed-demo.html`);
    await uploader(page).getByText("Drop your files.").waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await uploader(page).locator("input").first().setInputFiles(paths);
    await ending(page).waitFor();
    expect(await flawsOf(page)).toEqual([]);
  });
});

/** The code that the elements load when it is needed. */
describe("the batch module", () => {
  test("loads when a person points at the uploader, and not before", async ({
    page,
    open,
    server,
  }) => {
    const requests = recordRequests(page);
    await open(`${script(server)}<tallyman-uploader></tallyman-uploader>`);
    const button = uploader(page).getByRole("button", { name: "Choose files" });
    await button.waitFor();
    await page.waitForLoadState("networkidle");
    expect(requests.map(pathOf)).toEqual([
      "/page.html",
      "/embed.js",
      expect.stringMatching(/^\/embed\/elements-.+\.js$/u),
    ]);
    await button.hover();
    await expect
      .poll(() => requests.map(pathOf))
      .toContainEqual(expect.stringMatching(/^\/embed\/batch-module-.+\.js$/u));
  });

  test("files that are added while it loads are uploaded afterwards", async ({
    page,
    paths,
    open,
    server,
  }) => {
    const loading = Promise.withResolvers<void>();
    await page.route(BATCH_MODULE, async (route) => {
      await loading.promise;
      await route.continue();
    });
    await open(`${script(server)}<tallyman-uploader></tallyman-uploader>`);
    const [first = "", ...others] = paths;
    await uploader(page).locator("input").first().setInputFiles(first);
    await uploader(page).getByText("Preparing the upload…").first().waitFor();
    await uploader(page).locator("input").first().setInputFiles(others);
    expect(await uploader(page).evaluate((it) => "running" in it && it.running)).toBe(true);
    loading.resolve();
    await all(page, "completed").toEqual([expect.objectContaining({ files: 3, completed: 3 })]);
  });

  test("an uploader that cannot load it keeps its files, says so, and works after a retry", async ({
    page,
    letters,
    paths,
    open,
    server,
  }) => {
    const requests = recordRequests(page);
    await page.route(BATCH_MODULE, (route) => route.abort());
    await open(`${script(server)}<main><h1>App</h1><tallyman-uploader></tallyman-uploader></main>`);
    await uploader(page).getByText("Drop your files.").waitFor();
    const { x = 0, y = 0 } = (await uploader(page).boundingBox()) ?? {};
    await drop(page, [letters], { x: x + 50, y: y + 50 });
    const alert = uploader(page).getByRole("alert");
    await alert.getByText("couldn't be loaded").waitFor();
    await all(page, "problem").toContainEqual({
      code: "connection_failed",
      detail: expect.stringContaining("retry()"),
    });
    await alert.getByRole("button", { name: "Retry" }).click();
    await uploader(page).locator("input").first().setInputFiles(paths.slice(0, 1));
    await alert.getByText("couldn't be loaded").waitFor();
    expect(await flawsOf(page)).toEqual([]);
    // Each attempt has a URL of its own, which is imported twice if it fails: a script that throws is a bug.
    const urls = () => requests.filter((url) => url.includes("batch-module"));
    await expect.poll(() => urls().length / new Set(urls()).size).toBe(2);

    await page.unroute(BATCH_MODULE);
    await alert.getByRole("button", { name: "Retry" }).click();
    await all(page, "completed").toHaveLength(1);
    const [summary] = await details(page, "completed");
    expect(summary).toMatchObject({ files: 4, completed: 4 });
    expect(urls()).toHaveLength(2 * new Set(urls()).size - 1);
  });

  test("a progress element that cannot load it says so, and works after a retry", async ({
    page,
    open,
    server,
  }) => {
    const { id, tokens } = (await TestBatch.create(server.origin, [9])).created;
    await page.route(BATCH_MODULE, (route) => route.abort());
    await open(
      `${script(server)}<tallyman-progress batch="${id}" token="${tokens.read}"></tallyman-progress>`,
    );
    await progress(page).getByText("This batch can't be shown.").waitFor();
    await all(page, "problem").toEqual([expect.objectContaining({ code: "connection_failed" })]);
    await page.unroute(BATCH_MODULE);
    await progress(page).getByRole("button", { name: "Retry" }).click();
    await progress(page).getByText("of 1 file").waitFor();
  });

  test("loads and works under the documented Content Security Policy", async ({
    page,
    paths,
    open,
    server,
  }) => {
    const [header = ""] = await snippets("http", server.origin);
    const socketOrigin = server.origin.replace("http", "ws");
    const policy = header
      .replace("Content-Security-Policy: ", "")
      .replace("wss://tallyman.example.com", socketOrigin);
    const complaints: string[] = [];
    page.on("console", (message) => {
      if (message.text().includes("Content Security Policy")) complaints.push(message.text());
    });
    await open(`<meta http-equiv="Content-Security-Policy" content="${policy.trim()}">
      ${script(server)}<tallyman-uploader></tallyman-uploader>`);
    await uploader(page).locator("input").first().setInputFiles(paths);
    await all(page, "completed").toHaveLength(1);
    expect(complaints).toEqual([]);
    const foreign = [{ content: "0" }, { url: `${server.origin}/client.js` }];
    for (const added of foreign) {
      await expect(page.addScriptTag(added)).rejects.toThrow(/Content Security Policy/u);
    }
  });

  test("scripts are readable from all origins, and cached for as long as they are valid", async ({
    page,
    open,
    server,
  }) => {
    const requests = recordRequests(page);
    await open(`${script(server)}<tallyman-uploader></tallyman-uploader>`);
    await uploader(page).getByRole("button", { name: "Choose files" }).hover();
    await expect.poll(() => requests.some((url) => url.includes("/batch-module-"))).toBe(true);
    const headersOf = async (url: string) => {
      const response = await fetch(url);
      await response.text();
      return Object.fromEntries(response.headers);
    };
    const shared = {
      "access-control-allow-origin": "*",
      "cross-origin-resource-policy": "cross-origin",
      "content-type": expect.stringContaining("javascript"),
    };
    for (const name of ["embed", "client"]) {
      expect(await headersOf(`${server.origin}/${name}.js`)).toMatchObject({
        ...shared,
        "cache-control": "public, max-age=300",
      });
    }
    for (const url of requests.filter((path) => path.includes("/embed/"))) {
      expect(await headersOf(url)).toMatchObject({
        ...shared,
        "cache-control": "public, max-age=31536000, immutable",
      });
    }
  });
});

/** Also with the query that a retry has. */
const BATCH_MODULE = /\/embed\/batch-module-[^/]+\.js/u;

/** Returns the URLs that the page requests, in order; more are added as they come. */
function recordRequests(page: Page): string[] {
  const urls: string[] = [];
  page.on("request", (request) => urls.push(request.url()));
  return urls;
}

function pathOf(url: string): string {
  return new URL(url).pathname;
}

const script = (server: Server) =>
  `<script type="module" src="${server.origin}/embed.js"></script>`;
const uploader = (page: Page) => page.locator("tallyman-uploader");
const progress = (page: Page) => page.locator("tallyman-progress");
const ending = (page: Page) => progress(page).locator(".overall[data-ended=true]");

/** Returns the details of all events of one name, in order. */
async function details(page: Page, name: string): Promise<unknown[]> {
  const received = await page.evaluate(() => globalThis.received);
  return received.filter(([event]) => event === `tallyman:${name}`).map(([, detail]) => detail);
}

const all = (page: Page, name: string) => expect.poll(() => details(page, name));

const Created = v.object({
  id: v.string(),
  tokens: v.object({ write: v.string(), read: v.string() }),
});
const Listed = v.object({ files: v.array(v.object({ path: v.string(), state: v.string() })) });
const Progress = v.looseObject({ percentComplete: v.number() });

/** Runs in every page, before its own scripts: records the elements' events. */
function listen(): void {
  globalThis.received = [];
  for (const name of ["created", "progress", "completed", "problem", "outage", "idle"]) {
    document.addEventListener(`tallyman:${name}`, (event) => {
      if (event instanceof CustomEvent) globalThis.received.push([event.type, event.detail]);
    });
  }
}

/** Runs in the page: returns everything that a script could have changed in it. */
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
    globals: Object.keys(globalThis).filter((name) => name !== "received"),
    sheets: document.adoptedStyleSheets.length + document.styleSheets.length,
    title: document.title,
    cookies: document.cookie + Object.keys(localStorage).join(),
  };
}
