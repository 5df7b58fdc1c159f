import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page, Response } from "playwright-core";
import { describe, expect } from "vitest";
import type { CreatedBatch } from "../../protocol/index.ts";
import { recordAnnouncements } from "../support/announcements.ts";
import { test as browserTest } from "../support/browser-test.ts";
import { writeImages } from "../support/images.ts";
import {
  allStored,
  button,
  choose,
  createdLink,
  drop,
  holdUploads,
  pressUntil,
  rowsSteady,
  summary,
} from "../support/page.ts";
import { resize } from "../support/resize.ts";

const PICTURES = 12;

const test = browserTest.extend("pictures", { scope: "file" }, async ({ folder }) => {
  await writeImages(join(folder, "Anna & Tomás"), PICTURES);
  return join(folder, "Anna & Tomás");
});

const name = (page: Page) => page.locator(".batch-name bdi");

/** Records the notifications of the page from now on. */
function recordNotifications(): void {
  const shown: string[] = [];
  Object.assign(globalThis, { shown });
  const Real = Notification;
  globalThis.Notification = class extends Real {
    constructor(title: string, options?: NotificationOptions) {
      super(title, options);
      shown.push(`${title} ${options?.body}`);
    }
  };
}

/** Sends the first upload with the digest of other bytes. Returns the server's response. */
async function damageUpload(page: Page): Promise<Response> {
  const { promise, resolve } = Promise.withResolvers<Response>();
  let isDamaged = false;
  await page.route(/\/files\/\d+$/u, async (route) => {
    const request = route.request();
    if (request.method() !== "PUT" || isDamaged) return route.fallback();
    const digest = `sha-256=:${Buffer.alloc(32).toString("base64")}:`;
    await route.continue({ headers: { ...request.headers(), "content-digest": digest } });
    // Null if the page has given the request up: the next one is damaged in its place.
    const response = await request.response();
    isDamaged ||= response !== null;
    if (response) resolve(response);
  });
  return promise;
}

describe("the hero of a batch", () => {
  test.beforeEach(async ({ page, server }) => {
    await page.goto(server.origin);
  });

  test("has the folder's name, which the sender changes for all", async ({
    page,
    context,
    pictures,
  }) => {
    const release = await holdUploads(page);
    const link = createdLink(page);
    await drop(page, [pictures]);
    const viewer = await context.newPage();
    await viewer.goto(await link);
    for (const each of [page, viewer]) {
      await expect.poll(() => name(each).innerText()).toBe("Anna & Tomás");
      await expect.poll(() => each.title()).toContain("Anna & Tomás");
    }
    expect(await button(viewer, "Rename").count()).toBe(0);

    await button(page, "Rename").click();
    const field = page.getByRole("textbox", { name: "Batch name" });
    await field.fill("no");
    await field.press("Escape");
    expect(await name(page).innerText()).toBe("Anna & Tomás");
    await button(page, "Rename").click();
    await field.fill("Wedding");
    await field.press("Enter");
    // The earlier name again, before the server has told the page of the later one.
    await button(page, "Rename").click();
    await field.fill("Anna & Tomás");
    await field.press("Enter");
    for (const each of [page, viewer])
      await expect.poll(() => name(each).innerText()).toBe("Anna & Tomás");
    await button(page, "Rename").click();
    await field.fill("Wedding");
    await field.press("Enter");
    for (const each of [page, viewer]) {
      await expect.poll(() => name(each).innerText()).toBe("Wedding");
      await expect.poll(() => each.title()).toContain("Wedding");
    }
    release();
  });

  test("stores names in the order in which they were given", async ({ page, pictures }) => {
    await holdUploads(page);
    const first = Promise.withResolvers<void>();
    const sent: string[] = [];
    let state = "the first is on its way";
    await page.route(/\/v1\/batches\/\w+$/u, async (route) => {
      if (route.request().method() !== "PATCH") return route.fallback();
      sent.push(state);
      await first.promise;
      await route.continue();
    });
    await drop(page, [pictures]);
    for (const changed of ["Berlin", "Lisbon"]) {
      await button(page, "Rename").click();
      const field = page.getByRole("textbox", { name: "Batch name" });
      await field.fill(changed);
      await field.press("Enter");
    }
    await expect.poll(() => name(page).innerText()).toBe("Lisbon");
    await expect.poll(() => sent.length).toBeGreaterThan(0);
    // For some frames, in which the second one would be sent.
    await resize(page, { width: 1000, height: 700 });
    state = "the first is stored";
    first.resolve();
    await expect.poll(() => sent).toEqual(["the first is on its way", "the first is stored"]);
  });

  test("is in the masthead while it is scrolled away", async ({ page, pictures }) => {
    await page.setViewportSize({ width: 1280, height: 400 });
    const release = await holdUploads(page);
    await drop(page, [pictures]);
    await name(page).waitFor();
    const short = page.locator(".masthead-hero");
    expect(await short.innerText()).toBe("");
    // The page is too short for that until its list is there.
    const scrolled = async () => {
      await page.evaluate(() => scrollTo(0, 600));
      return short.innerText();
    };
    await expect.poll(scrolled).toBe(`0 of ${PICTURES} files stored · 0%`);
    release();
    await expect.poll(() => short.innerText()).toBe(`All ${PICTURES} photos are safe.`);
    await page.evaluate(() => scrollTo(0, 0));
    await expect.poll(() => short.innerText()).toBe("");
  });

  test("says at the end that everything is safe, and draws the stroke across the mark", async ({
    page,
    pictures,
  }) => {
    const stroke = page.locator(".brand path").first();
    const opacity = () => stroke.evaluate((it) => getComputedStyle(it).opacity);
    const release = await holdUploads(page);
    await drop(page, [pictures]);
    await expect.poll(opacity).toBe("0");
    release();
    await page.getByRole("heading", { name: `All ${PICTURES} photos are safe.` }).waitFor();
    await expect.poll(opacity).toBe("1");
    await page.locator(".time-left").waitFor({ state: "detached" });
  });
});

describe("the headline", () => {
  test("of a few large files is in bytes, which are said once", async ({
    page,
    server,
    folder,
  }) => {
    await writeFile(join(folder, "film.bin"), Buffer.alloc(12_000_000));
    await page.goto(server.origin);
    const release = await holdUploads(page);
    await drop(page, [join(folder, "film.bin")]);
    await page.getByRole("heading", { name: "0 bytes of 12.0 MB sent" }).waitFor();
    await expect.poll(() => page.locator(".figures").innerText()).toBe("0%");
    release();
  });

  test("of a batch without files says so, and there is nothing else", async ({ page, server }) => {
    const body = JSON.stringify({ metadata: { name: "Lisbon" } });
    const response = await fetch(`${server.origin}/v1/batches`, { method: "POST", body });
    const { id, tokens }: CreatedBatch = JSON.parse(await response.text());
    await page.goto(`${server.origin}/b/${id}#token=${tokens.read}`);
    await page.getByRole("heading", { name: "No files yet." }).waitFor();
    expect(await page.locator("main").innerText()).toMatch(
      /^Lisbon\s+No files yet\.\s+They'll appear here as they're added\.$/u,
    );
    expect(await page.getByRole("progressbar").count()).toBe(0);
  });

  test("counts the files at the end, so the picture does not explain one stroke per file", async ({
    page,
    server,
    folder,
  }) => {
    await writeFile(join(folder, "a.txt"), "a");
    await page.goto(server.origin);
    const release = await holdUploads(page);
    await drop(page, [join(folder, "a.txt")]);
    await page.getByText("1 stroke = 1 file").waitFor();
    release();
    await page.getByRole("heading", { name: "1 file is safe." }).waitFor();
    await page.getByText("1 stroke = 1 file").waitFor({ state: "detached" });
  });

  test("of a link that opens nothing has the whole mark above it", async ({ page, server }) => {
    await page.goto(`${server.origin}/b/1234#token=cut.off`);
    await page.getByRole("heading", { name: "This link doesn't work." }).waitFor();
    const stroke = page.locator(".brand path").first();
    await expect.poll(() => stroke.evaluate((it) => getComputedStyle(it).opacity)).toBe("1");
  });
});

describe("the controls of a batch", () => {
  test.beforeEach(async ({ page, server }) => {
    await page.goto(server.origin);
  });

  test("work by keyboard: Escape closes a menu and returns to its button", async ({
    page,
    pictures,
  }) => {
    await holdUploads(page);
    await drop(page, [pictures]);
    const more = page.getByRole("button", { name: "More controls" });
    const cancel = button(page, "Cancel batch");
    await more.press("Enter");
    await expect.poll(() => more.getAttribute("aria-expanded")).toBe("true");
    await cancel.press("Escape");
    await cancel.waitFor({ state: "hidden" });
    expect(await more.evaluate((it) => it === document.activeElement)).toBe(true);

    await more.press("Enter");
    await cancel.waitFor();
    await page.mouse.click(5, 5);
    await cancel.waitFor({ state: "hidden" });
    await more.press("Enter");
    await cancel.waitFor();
    await button(page, "Pause").focus();
    await cancel.waitFor({ state: "hidden" });
  });

  test("notify at the end those who asked for it", async ({ page, context, pictures }) => {
    await context.grantPermissions(["notifications"]);
    await page.evaluate(recordNotifications);
    const release = await holdUploads(page);
    await drop(page, [pictures]);
    await page.getByRole("button", { name: "More controls" }).click();
    await page.getByRole("checkbox", { name: "Notify me when done" }).check();
    release();
    await expect
      .poll(() => page.evaluate("globalThis.shown"))
      .toEqual([`All ${PICTURES} photos are safe. Anna & Tomás`]);
  });

  test("notify of no failure that is retried by itself, which isn't announced either", async ({
    page,
    context,
    folder,
  }) => {
    await writeFile(join(folder, "one.txt"), "one");
    await context.grantPermissions(["notifications"]);
    await page.evaluate(recordNotifications);
    const announced = await recordAnnouncements(page);
    const release = await holdUploads(page);
    const damaged = damageUpload(page);
    await drop(page, [join(folder, "one.txt")]);
    await page.getByRole("button", { name: "More controls" }).click();
    await page.getByRole("checkbox", { name: "Notify me when done" }).check();
    release();
    expect((await damaged).status()).toBe(422);
    await allStored(page, 1);
    await expect.poll(() => page.evaluate("globalThis.shown")).toEqual([`1 file is safe. `]);
    const texts = (await announced()).map(({ text }) => text);
    expect(texts.filter((text) => text.includes("failed"))).toEqual([]);
  });

  test("end as usual where a notification can't be constructed", async ({
    page,
    context,
    pictures,
  }) => {
    const errors: unknown[] = [];
    page.on("pageerror", (error) => errors.push(error));
    await context.grantPermissions(["notifications"]);
    await page.evaluate(() => {
      const Real = Notification;
      globalThis.Notification = class extends Real {
        constructor(title: string) {
          super(title);
          throw new TypeError("Illegal constructor");
        }
      };
    });
    const release = await holdUploads(page);
    await drop(page, [pictures]);
    await page.getByRole("button", { name: "More controls" }).click();
    await page.getByRole("checkbox", { name: "Notify me when done" }).check();
    release();
    await allStored(page, PICTURES);
    expect(errors).toEqual([]);
  });

  test("lead to a batch of which nothing is left, which says so and isn't done", async ({
    page,
    folder,
  }) => {
    await writeFile(join(folder, "one.txt"), "one");
    const announced = await recordAnnouncements(page);
    await holdUploads(page);
    await drop(page, [join(folder, "one.txt")]);
    await rowsSteady(page);
    await pressUntil(button(page, "Cancel one.txt"), page.locator(".row[data-state=cancelled]"));
    await summary(page).getByText("1 file was cancelled.").waitFor();
    expect(await summary(page).locator("p").allInnerTexts()).toEqual(["1 file was cancelled."]);
    await expect.poll(() => page.title()).toBe("Cancelled · Tallyman");
    await expect.poll(() => page.locator(".figures").innerText()).toBe("");
    await button(page, "Copy summary").click();
    await expect
      .poll(() => page.evaluate(() => navigator.clipboard.readText()))
      .toMatch(/^1 file was cancelled\./u);
    await expect
      .poll(async () => (await announced()).map(({ text }) => text))
      .toContain("1 file was cancelled.");
    expect((await announced()).filter(({ text }) => text.includes("safe"))).toEqual([]);
  });

  test("cancel a batch after a question", async ({ page, pictures }) => {
    await holdUploads(page);
    await drop(page, [pictures]);
    page.on("dialog", (dialog) => void dialog.accept());
    await choose(page, "More controls", "Cancel batch");
    await page.getByText("This batch was cancelled.").first().waitFor();
    await expect.poll(() => page.title()).toContain("Cancelled");
  });
});
