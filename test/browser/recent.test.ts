import { join } from "node:path";
import type { Page, Request } from "playwright-core";
import { describe, expect } from "vitest";
import { flawsOf } from "../support/axe.ts";
import { test as browserTest } from "../support/browser-test.ts";
import { mintGrant } from "../support/grants.ts";
import { writeImages } from "../support/images.ts";
import { allStored, button, holdUploads, pick } from "../support/page.ts";

const PICTURES = 24;
/** More than the server lists in one page. */
const MANY = 120;
/** Key of the local storage in which the page saves its owner's token. */
const OWNER = "tallyman:owner";

const REFUSED = {
  status: 400,
  headers: { "tallyman-version": "1.0.0" },
  contentType: "application/problem+json",
  body: JSON.stringify({ code: "invalid_request", detail: "There is no such page." }),
};

const test = browserTest.extend("pictures", { scope: "file" }, async ({ folder }) => {
  await writeImages(join(folder, "pictures"), PICTURES);
  return join(folder, "pictures");
});

describe("the recent batches", () => {
  test("are listed with their state and can be opened", async ({ page, pictures, server }) => {
    await page.goto(server.origin);
    await pick(page, "Choose folder", pictures);
    await allStored(page, PICTURES);
    await button(page, "Start another batch").click();
    const item = page.getByRole("listitem");
    await expect.poll(() => item.innerText()).toMatch(/24 files\stoday, .+\sLink until /u);
    expect(await flawsOf(page)).toEqual([]);
    await item.getByRole("link").click();
    await page.getByText("You sent this.").waitFor();
    await allStored(page, PICTURES);
  });

  test("are listed as ended and as deleted, even if the server's list is behind", async ({
    page,
    pictures,
    server,
  }) => {
    await page.goto(server.origin);
    const release = await holdUploads(page);
    await pick(page, "Choose folder", pictures);
    await button(page, "Pause").waitFor();
    const active = await listHeld(page, "active");
    release();
    await allStored(page, PICTURES);
    await listFrom(page, active, 1);
    await button(page, "Start another batch").click();
    const item = page.getByRole("listitem");
    await item.getByText("Link until").waitFor();

    await item.getByRole("link").click();
    await page.getByText("You sent this.").waitFor();
    await listFrom(page, await listHeld(page, "completed"));
    await button(page, "Delete files").click();
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /^Delete/u })
      .click();
    await item.getByText("Deleted").waitFor();
  });

  test("are listed with their names", async ({ page, server }) => {
    const grant = await mintGrant(server.grantSecret, { sub: "owner of a named batch" });
    const body = JSON.stringify({ metadata: { name: "holiday 😀" } });
    const headers = { Authorization: `Bearer ${grant}` };
    await fetch(`${server.origin}/v1/batches`, { method: "POST", body, headers });
    await page.goto(`${server.origin}/#grant=${grant}`);
    const item = page.getByRole("listitem");
    await item.getByText("holiday 😀").waitFor();
    await expect
      .poll(() => item.innerText())
      .toMatch(/^holiday 😀\s0 files\stoday, .+\sUnfinished/u);
    expect(await flawsOf(page)).toEqual([]);
  });

  test("are listed page by page, each once, also after a page that failed", async ({
    page,
    server,
  }) => {
    const owner = await mintGrant(server.grantSecret, { sub: "owner of many batches" });
    const headers = { Authorization: `Bearer ${owner}` };
    for (let n = 0; n < MANY; n++) {
      const body = JSON.stringify({ metadata: { name: `batch ${n}` } });
      await fetch(`${server.origin}/v1/batches`, { method: "POST", body, headers });
    }
    const later: (() => Promise<void>)[] = [];
    await page.route(/\/v1\/batches\?after=/u, (route) => {
      if (later.length > 0) return route.fallback();
      return void later.push(() => route.fulfill(REFUSED));
    });
    await page.goto(`${server.origin}/#grant=${owner}`);
    const items = page.getByRole("listitem");
    await expect.poll(() => items.count()).toBe(5);
    const more = button(page, "Show more");
    await more.click();
    await expect.poll(() => items.count()).toBe(55);
    await more.click();
    await expect.poll(() => items.count()).toBe(100);
    // The page is being loaded: another click doesn't load it twice.
    await expect.poll(() => later.length).toBe(1);
    await more.click();
    await later[0]?.();
    await page.getByRole("alert").waitFor();
    expect(await items.count()).toBe(100);
    await more.click();
    await expect.poll(() => items.count()).toBe(MANY);
    const names = await items.locator(".recent-title").allInnerTexts();
    expect(names.toSorted()).toEqual(
      Array.from({ length: MANY }, (_, n) => `batch ${n}`).toSorted(),
    );
    await page.getByRole("alert").waitFor({ state: "detached" });
    await more.waitFor({ state: "detached" });
  });

  test("of another owner are neither listed nor forgotten", async ({ page, pictures, server }) => {
    await page.goto(server.origin);
    await pick(page, "Choose folder", pictures);
    await allStored(page, PICTURES);
    const grant = await mintGrant(server.grantSecret);
    await page.goto(`${server.origin}/#grant=${grant}`);
    await page.getByText("No recent batches.").waitFor();
    const other = await page.context().newPage();
    await other.goto(server.origin);
    await other.getByRole("listitem").getByRole("link").click();
    await allStored(other, PICTURES);
  });

  test.for<[when: string, arrange: (page: Page) => Promise<void>]>([
    ["before the next batch is created", refuseListFirst],
    ["after the next batch is created", refuseListLast],
  ])(
    "start again under a new owner if the list is refused %s",
    async ([, arrange], { page, pictures, server }) => {
      await page.addInitScript(
        (key) => localStorage.setItem(key, "signed with another secret"),
        OWNER,
      );
      await arrange(page);
      const listing = page.waitForRequest((request) => isBatchesRequest(request, "GET"));
      await page.goto(server.origin);
      const list = await listing;
      await pick(page, "Choose folder", pictures);
      await allStored(page, PICTURES);
      expect((await list.response())?.status()).toBe(401);
      await button(page, "Start another batch").click();
      await page.getByRole("listitem").getByText("Link until").waitFor();
    },
  );
});

/** Returns the server's list once it has the only batch in that state. */
async function listHeld(page: Page, state: string): Promise<string> {
  const list = (key: string): Promise<string> =>
    page.evaluate(async (owner) => {
      const headers = { authorization: `Bearer ${localStorage.getItem(owner)}` };
      return (await fetch("/v1/batches", { headers })).text();
    }, key);
  await expect.poll(() => list(OWNER)).toContain(`"state":"${state}"`);
  return list(OWNER);
}

/** Gives the page an earlier list, for so many requests. */
async function listFrom(page: Page, body: string, times?: number): Promise<void> {
  const headers = { "tallyman-version": "1.0.0" };
  await page.route(
    "**/v1/batches",
    (route) => route.fulfill({ headers, contentType: "application/json", body }),
    times === undefined ? {} : { times },
  );
}

/** Delays the list until the creation is requested, and the creation until the list is refused. */
async function refuseListFirst(page: Page): Promise<void> {
  const created = page.waitForRequest((request) => isBatchesRequest(request, "POST"));
  await delay(page, "GET", () => created);
  await delay(page, "POST", () => savedOwner(page, /^$/u));
}

async function refuseListLast(page: Page): Promise<void> {
  await delay(page, "GET", () => savedOwner(page, /^ey/u));
}

/** Delays the page's requests to `/v1/batches` with a method until a promise resolves. */
async function delay(page: Page, method: string, until: () => Promise<unknown>): Promise<void> {
  await page.route("**/v1/batches", async (route) => {
    if (!isBatchesRequest(route.request(), method)) return route.fallback();
    await until();
    return route.continue();
  });
}

function isBatchesRequest(request: Request, method: string): boolean {
  return request.method() === method && request.url().endsWith("/v1/batches");
}

/** Waits until the saved token matches a pattern. Without a token, it is empty. */
async function savedOwner(page: Page, pattern: RegExp): Promise<void> {
  const token = () => page.evaluate((key) => localStorage.getItem(key) ?? "", OWNER);
  await expect.poll(token).toMatch(pattern);
}
