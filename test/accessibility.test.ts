import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { flawsOf } from "./support/axe.ts";
import { launchBrowser } from "./support/browser.ts";
import { drop, failBundles, holdBundles } from "./support/page.ts";
import { type Server, startServer } from "./support/server.ts";

/** More than the list shows at once, many times over. */
const FILES = 600;
const FEW = 3;

/** For those who do not see the page, or use no mouse, or need it larger, calmer or plainer. */
describe("the page, accessible in every state", () => {
  let folder: string;
  let server: Server;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tallyman-accessible-"));
    await Promise.all([writeFiles("few", FEW), writeFiles("many", FILES)]);
    [server, browser] = await Promise.all([startServer(), launchBrowser()]);
  });

  beforeEach(async () => {
    context = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"] });
    page = await context.newPage();
    await page.goto(server.origin);
  });

  afterEach(async () => {
    await context.close();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function writeFiles(name: string, count: number): Promise<void> {
    await mkdir(join(folder, name));
    for (let number = 1; number <= count; number++) {
      await writeFile(join(folder, name, `a rather long name, number ${number}.txt`), "text");
    }
  }

  const few = () => drop(page, [join(folder, "few")]);
  const button = (name: string) => page.getByRole("button", { name, exact: true });
  const summary = (on = page) => on.getByRole("region", { name: "Summary" });
  const connection = (state: string) => page.locator(`.connection[data-connection=${state}]`);

  test("empty, and with nothing in what was dropped", async () => {
    expect(await flawsOf(page)).toEqual([]);
    await mkdir(join(folder, "nothing"));
    await drop(page, [join(folder, "nothing")]);
    await page.getByText("There was no file in that.").waitFor();
    expect(await flawsOf(page)).toEqual([]);
  });

  test("running, asking about doubles, offline, paused, done, and watched", async () => {
    const letGo = await holdBundles(page);
    await few();
    await connection("live").waitFor();
    expect(await flawsOf(page)).toEqual([]);

    await few();
    await button("Leave out").waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await button("Leave out").click();

    await context.setOffline(true);
    await connection("offline").waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await context.setOffline(false);
    await connection("live").waitFor();

    await button("Pause").click();
    await page.getByText("Paused.").waitFor();
    expect(await flawsOf(page)).toEqual([]);

    await button("Go on").click();
    letGo();
    await summary().waitFor();
    expect(await flawsOf(page)).toEqual([]);

    await button("QR code").click();
    await page.getByRole("dialog").waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await page.keyboard.press("Escape");

    await button("Copy share link").click();
    const watcher = await context.newPage();
    await watcher.goto(await page.evaluate(() => navigator.clipboard.readText()));
    await summary(watcher).waitFor();
    expect(await flawsOf(watcher)).toEqual([]);
  });

  test("failed, and a link that leads nowhere", async () => {
    await failBundles(page);
    await few();
    await summary().waitFor();
    expect(await flawsOf(page)).toEqual([]);
    await page.goto(`${server.origin}/b/nowhere#token=none`);
    await page.getByRole("alert").waitFor();
    expect(await flawsOf(page)).toEqual([]);
  });

  test("the keyboard alone: it starts, moves in a long list, and its place is never lost", async () => {
    const letGo = await holdBundles(page);
    await drop(page, [join(folder, "many")]);
    const grid = page.getByRole("grid");
    const focused = () => page.evaluate(() => document.activeElement?.role);
    await expect.poll(() => grid.getAttribute("aria-rowcount")).toBe(`${FILES}`);
    await reach(grid);
    await page.keyboard.press("End");
    await expect.poll(() => activeRow()).toMatchObject({ position: `${FILES}`, isInSight: true });
    await page.mouse.wheel(0, -FILES * 100);
    await expect.poll(() => page.evaluate("scrollY")).toBe(0);
    // Its row is no longer in the page: nothing is pointed at, and the focus has stayed.
    await expect.poll(() => grid.getAttribute("aria-activedescendant")).toBeNull();
    expect(await focused()).toBe("grid");
    await page.keyboard.press("ArrowUp");
    await expect
      .poll(() => activeRow())
      .toMatchObject({ position: `${FILES - 1}`, isInSight: true });

    await page.keyboard.press("Delete");
    await expect.poll(async () => (await activeRow()).text).toContain("Called off");
    letGo();
    await summary().waitFor();
    await page.keyboard.press("ArrowUp");
    const download = page.waitForEvent("download");
    await page.keyboard.press("Enter");
    expect((await download).suggestedFilename()).toMatch(/^a rather long name/u);
    expect(await focused()).toBe("grid");
  });

  test("every row says where it is and how far, and only milestones are said aloud", async () => {
    const said = await recordAnnouncements(page);
    await drop(page, [join(folder, "many")]);
    const row = page.getByRole("row").nth(2);
    await expect.poll(() => row.getAttribute("aria-rowindex")).toBe("3");
    await summary().waitFor();
    const bar = row.getByRole("progressbar");
    expect(await bar.getAttribute("aria-label")).toMatch(/^a rather long name/u);
    expect(await bar.getAttribute("aria-valuenow")).toBe("100");
    expect(await bar.getAttribute("aria-valuetext")).toBe("Done");
    const sentences = await said();
    expect(sentences).toContain(`All ${FILES} files are stored.`);
    expect(sentences.length).toBeLessThan(16);
  });

  test("a button that goes away under the keyboard leaves it where it was", async () => {
    const letGo = await holdBundles(page);
    await few();
    await button("Pause").focus();
    await page.keyboard.press("Enter");
    await button("Go on").waitFor();
    expect(await page.evaluate("document.activeElement.tagName")).not.toBe("BODY");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Shift+Tab");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Go on");
    await page.keyboard.press("Enter");
    letGo();
    await summary().waitFor();
    expect(await page.evaluate("document.activeElement.tagName")).not.toBe("BODY");
  });

  test("calmer, plainer, and from right to left", async () => {
    await page.emulateMedia({ reducedMotion: "reduce", forcedColors: "active" });
    await holdBundles(page);
    await few();
    await connection("live").waitFor();
    await button("Pause").focus();
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Tab");
    const outline = button("Pause").evaluate((it) => getComputedStyle(it).outlineStyle);
    expect(await outline).toBe("solid");
    expect(await page.evaluate("document.getAnimations().length")).toBe(0);
    const bar = page.locator(".overall .bar");
    expect(await bar.evaluate((it) => getComputedStyle(it).outlineStyle)).toBe("solid");

    await page.evaluate(() => void (document.documentElement.dir = "rtl"));
    expect(await bar.evaluate((it) => getComputedStyle(it).scale)).toBe("-1 1");
    expect(await flawsOf(page)).toEqual([]);
  });

  /** Tabs until the keyboard is on it. */
  async function reach(target: Locator): Promise<void> {
    for (let stop = 0; stop < 40; stop++) {
      await page.keyboard.press("Tab");
      if (await target.evaluate((it) => it === document.activeElement)) return;
    }
    throw new Error("Tab does not lead there.");
  }

  /** The row that the grid points at. */
  function activeRow() {
    return page.evaluate(() => {
      const id = document.activeElement?.getAttribute("aria-activedescendant") ?? "";
      const row = document.getElementById(id);
      const { top = -1, bottom = Infinity } = row?.getBoundingClientRect() ?? {};
      const isInSight = top >= 0 && bottom <= innerHeight;
      return { position: row?.getAttribute("aria-rowindex"), text: row?.innerText, isInSight };
    });
  }
});

/** Every sentence that live regions of the page get from now on. */
async function recordAnnouncements(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const said: string[] = [];
    Object.assign(globalThis, { said });
    new MutationObserver((changes) => {
      for (const { target } of changes) {
        const region = (target instanceof Element ? target : target.parentElement)?.closest(
          "[role=status], [role=alert], [aria-live]",
        );
        const text = region?.textContent ?? "";
        if (text !== "" && text !== said.at(-1)) said.push(text);
      }
    }).observe(document.body, { childList: true, characterData: true, subtree: true });
  });
  return () => page.evaluate<string[]>("globalThis.said");
}
