import { join } from "node:path";
import type { Page, Request } from "playwright-core";
import { describe, expect } from "vitest";
import { flawsOf } from "../support/axe.ts";
import { test as browserTest } from "../support/browser-test.ts";
import { writeImages } from "../support/images.ts";
import { allStored, button, pick } from "../support/page.ts";

const PICTURES = 24;
/** Where the page keeps whose batches it makes. */
const OWNER = "tallyman:owner";

const test = browserTest.extend("pictures", { scope: "file" }, async ({ folder }) => {
  await writeImages(join(folder, "pictures"), PICTURES);
  return join(folder, "pictures");
});

describe("the batches of a browser", () => {
  test("are listed with their state, and open", async ({ page, pictures, server }) => {
    await page.goto(server.origin);
    await pick(page, "Choose folder", pictures);
    await allStored(page, PICTURES);
    await button(page, "Start another batch").click();
    const line = page.getByRole("listitem");
    expect(await line.innerText()).toMatch(/today, .+\s24 files\sDone/isu);
    expect(await flawsOf(page)).toEqual([]);
    await line.getByRole("link").click();
    await page.getByText("You're viewing a shared batch.").waitFor();
    await allStored(page, PICTURES);
  });

  test.for<[when: string, arrange: (page: Page) => Promise<void>]>([
    ["before their next one", refuseListFirst],
    ["after their next one", refuseListLast],
  ])(
    "begin anew under a new owner, where the list is refused %s",
    async ([, arrange], { page, pictures, server }) => {
      await page.addInitScript((key) => localStorage.setItem(key, "of another secret"), OWNER);
      await arrange(page);
      const asking = page.waitForRequest((request) => isOfBatches(request, "GET"));
      await page.goto(server.origin);
      const list = await asking;
      await pick(page, "Choose folder", pictures);
      await allStored(page, PICTURES);
      expect((await list.response())?.status()).toBe(401);
      await button(page, "Start another batch").click();
      await page.getByRole("listitem").getByText("Done").waitFor();
    },
  );
});

/** Both are on their way when the list is answered. */
async function refuseListFirst(page: Page): Promise<void> {
  const created = page.waitForRequest((request) => isOfBatches(request, "POST"));
  await holdUp(page, "GET", () => created);
  await holdUp(page, "POST", () => keptOwner(page, /^$/u));
}

async function refuseListLast(page: Page): Promise<void> {
  await holdUp(page, "GET", () => keptOwner(page, /^ey/u));
}

/** Holds up what the page asks of its batches with that method, until it is time. */
async function holdUp(page: Page, method: string, time: () => Promise<unknown>): Promise<void> {
  await page.route("**/v1/batches", async (route) => {
    if (!isOfBatches(route.request(), method)) return route.fallback();
    await time();
    return route.continue();
  });
}

function isOfBatches(request: Request, method: string): boolean {
  return request.method() === method && request.url().endsWith("/v1/batches");
}

/** Waits until what the page keeps of its owner is like that; "" is nothing. */
async function keptOwner(page: Page, like: RegExp): Promise<void> {
  const own = () => page.evaluate((key) => localStorage.getItem(key) ?? "", OWNER);
  await expect.poll(own).toMatch(like);
}
