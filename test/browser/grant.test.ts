import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { listBatches } from "../../client/index.ts";
import { Signer } from "../../worker/auth/jwt.ts";
import { flawsOf } from "../support/axe.ts";
import { test as browserTest } from "../support/browser-test.ts";
import { mintGrant } from "../support/grants.ts";
import { writeImages } from "../support/images.ts";
import { addressOf, allStored, button, drop, pick } from "../support/page.ts";

const PICTURES = 3;
const PAST = 1_000_000_000;
const FUTURE = 4_000_000_000;
/** Longer than a grant of an hour, also for a page that learned a server's time which was a second behind. */
const OVER_AN_HOUR_MS = 3_602_000;

const test = browserTest
  .override("operator", { variables: { ACCESS: "grant" } })
  .extend("pictures", { scope: "file" }, async ({ folder }) => {
    await writeImages(join(folder, "pictures"), PICTURES);
    return join(folder, "pictures");
  });

const heading = (page: Page) => page.getByRole("heading", { level: 1 });
const MISSING = "You need an upload link.";
const EXPIRED = "This upload link has expired.";
const INVALID = "This upload link doesn't work.";
const REFUSED = "Uploading needs a valid upload link.";

/** Hides from the page that the server needs a grant, until it creates a batch. */
async function hideAccess(page: Page): Promise<void> {
  await page.route("**/v1/limits", (route) => route.abort());
}

/** Returns everything in the tab's two storages. */
function stored(page: Page): Promise<Record<"local" | "session", object>> {
  return page.evaluate("({ local: { ...localStorage }, session: { ...sessionStorage } })");
}

describe("a page of a server that needs grants", () => {
  test("says without a grant what is needed, before files are chosen", async ({ page, server }) => {
    const created: string[] = [];
    page.on("request", (request) => created.push(request.method()));
    await page.goto(server.origin);
    await heading(page).getByText(MISSING).waitFor();
    expect(await button(page, "Choose files").count()).toBe(0);
    expect(await flawsOf(page)).toEqual([]);
    expect(created).not.toContain("POST");
  });

  test.for([
    ["that has expired", { exp: PAST }, EXPIRED],
    ["for listing only", { can: ["list"] }, INVALID],
  ] as const)(
    "says before files are chosen that a grant %s is of no use",
    async ([, claims, title], { page, server }) => {
      const grant = await mintGrant(server.grantSecret, claims);
      await page.goto(`${server.origin}/#grant=${grant}`);
      await heading(page).getByText(title).waitFor();
      expect(await flawsOf(page)).toEqual([]);
    },
  );

  test("says so as soon as a grant expires", async ({ page, server }) => {
    await page.clock.install();
    const grant = await mintGrant(server.grantSecret, { limits: { types: ["image/*"] } });
    await page.goto(`${server.origin}/#grant=${grant}`);
    // The response tells the server's time as well, with which the page waits for the end of the grant.
    await page.getByText("Only images.").waitFor();
    // The server's clock is the real one. Without its time in the response, the page would take that of
    // another one, such as the list of batches, which may arrive at any moment.
    await page.route("**/v1/limits", (route) =>
      route.fulfill(refusedAt(Date.now() + OVER_AN_HOUR_MS)),
    );
    await page.clock.fastForward(OVER_AN_HOUR_MS);
    await heading(page).getByText(EXPIRED).waitFor();
  });

  test("takes a grant out of its address, and uses it until the tab is closed", async ({
    context,
    page,
    pictures,
    server,
  }) => {
    const grant = await mintGrant(server.grantSecret);
    await page.goto(`${server.origin}/#grant=${grant}`);
    await page.getByText("Your files go to the account").waitFor();
    expect(await addressOf(page)).toBe(`${server.origin}/`);
    await pick(page, "Choose folder", pictures);
    await allStored(page, PICTURES);

    await page.goto(server.origin);
    await page.getByRole("listitem").getByText("Link until").waitFor();
    await pick(page, "Choose folder", pictures);
    await allStored(page, PICTURES);
    expect(await listBatches(server.origin, grant)).toHaveLength(2);

    const { local, session } = await stored(page);
    expect(JSON.stringify(local)).not.toContain(grant);
    expect(session).toEqual({ "tallyman:grant": grant });
    const other = await context.newPage();
    await other.goto(server.origin);
    await heading(other).getByText(MISSING).waitFor();
  });

  test("shows the limits of the grant, and skips what they refuse", async ({
    page,
    pictures,
    server,
  }) => {
    const grant = await mintGrant(server.grantSecret, { sub: "limited", limits: { maxFiles: 2 } });
    await page.goto(`${server.origin}/#grant=${grant}`);
    await page.getByText("Upload up to 2 files at once").waitFor();
    await pick(page, "Choose folder", pictures);
    await page.getByText("1 file was skipped").first().waitFor();
    await allStored(page, 2);
  });

  test("shows no list, and no error, with a grant that can't list", async ({ page, server }) => {
    const claims = { sub: "creator", can: ["create"] };
    const listing = page.waitForResponse("**/v1/batches");
    await page.goto(`${server.origin}/#grant=${await mintGrant(server.grantSecret, claims)}`);
    expect((await listing).status()).toBe(403);
    await button(page, "Choose files").waitFor();
    expect(await page.getByText("recent batches").count()).toBe(0);
  });

  test("keeps dropped files if the batch is refused, and sends them with a new link", async ({
    page,
    pictures,
    server,
  }) => {
    await hideAccess(page);
    const expired = await mintGrant(server.grantSecret, { sub: "late", exp: PAST });
    await page.goto(`${server.origin}/#grant=${expired}`);
    await drop(page, [pictures]);
    await page.getByRole("alert").getByText(REFUSED).waitFor();
    await page.getByText(`of ${PICTURES} files stored`).waitFor();
    expect(await flawsOf(page)).toEqual([]);

    const grant = await mintGrant(server.grantSecret, { sub: "late" });
    await page.goto(`${server.origin}/#grant=${grant}`);
    await allStored(page, PICTURES);
    expect(await listBatches(server.origin, grant)).toHaveLength(1);
  });

  test("keeps an anonymous owner's token, which still lists batches", async ({
    page,
    pictures,
    server,
  }) => {
    const token = await new Signer([server.secret]).sign("owner", { sub: "earlier" }, FUTURE);
    await page.addInitScript((owner) => localStorage.setItem("tallyman:owner", owner), token);
    await page.goto(server.origin);
    await heading(page).getByText(MISSING).waitFor();
    await drop(page, [pictures]);
    await page.getByRole("alert").getByText(REFUSED).waitFor();
    expect((await stored(page)).local).toMatchObject({ "tallyman:owner": token });
  });
});

/** Returns the server's response to an expired grant at a time in milliseconds since 1970. */
function refusedAt(time: number) {
  return {
    status: 401,
    headers: { "tallyman-version": "1.0.0", date: new Date(time).toUTCString() },
    contentType: "application/problem+json",
    body: JSON.stringify({ code: "unauthorized", detail: "The grant has expired." }),
  };
}
