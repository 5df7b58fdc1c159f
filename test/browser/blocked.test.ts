import { join } from "node:path";
import { expect } from "vitest";
import type { CreatedBatch } from "../../protocol/index.ts";
import { shareLink } from "../../site/share/links.ts";
import { signOperatorToken } from "../../worker/auth/operator-jwt.ts";
import { flawsOf } from "../support/axe.ts";
import { test } from "../support/browser-test.ts";
import { mintGrant } from "../support/grants.ts";
import { writeImages } from "../support/images.ts";
import { allStored, button, drop, holdUploads } from "../support/page.ts";
import { exposeSaved, readSaved } from "../support/saved.ts";
import type { Server } from "../support/server.ts";

const PICTURES = 3;
const NOTE = "The server's operator has blocked uploads to this batch.";
const REFUSED = "The server doesn't allow that.";

async function setBlocked({ origin, operatorSecret }: Server, owner: string, blocked: boolean) {
  const headers = { Authorization: `Bearer ${await signOperatorToken(operatorSecret)}` };
  const body = JSON.stringify({ blocked });
  const init = { method: "PUT", headers, body };
  const response = await fetch(`${origin}/v1/operator/owners/${owner}`, init);
  expect([response.status, await response.json()]).toMatchObject([200, { owner, blocked }]);
}

test("uploader and viewer see that the operator has blocked the batch", async ({
  context,
  folder,
  page,
  server,
}) => {
  await writeImages(join(folder, "pictures"), PICTURES);
  const grant = await mintGrant(server.grantSecret, { sub: "a-blocked-owner" });
  await exposeSaved(page);
  await page.goto(`${server.origin}/#grant=${grant}`);
  const release = await holdUploads(page);
  // The page lists the owner's batches at the same address.
  const created = page.waitForResponse((response) => response.status() === 201);
  await drop(page, [join(folder, "pictures")]);
  const batch: CreatedBatch = JSON.parse(await (await created).text());
  await expect.poll(() => readSaved(page)).toMatchObject({ batches: [{}], handles: 1 });
  const viewer = await context.newPage();
  await viewer.goto(shareLink(batch, server.origin));
  await setBlocked(server, "a-blocked-owner", true);
  for (const each of [page, viewer]) await each.getByText(NOTE).first().waitFor();
  const refused = page.waitForResponse((response) => response.status() === 403);
  release();
  await refused;
  await page.getByText(NOTE).first().waitFor();
  expect(await flawsOf(page)).toEqual([]);
  expect((await readSaved(page)).batches).toMatchObject([{ id: batch.id, isOver: false }]);
  const another = await context.newPage();
  await another.goto(`${server.origin}/#grant=${grant}`);
  await drop(another, [join(folder, "pictures")]);
  await another.getByRole("alert").getByText(REFUSED).waitFor();
  await setBlocked(server, "a-blocked-owner", false);
  await viewer.getByText(NOTE).first().waitFor({ state: "detached" });
  page.on("dialog", (dialog) => void dialog.accept());
  await page.reload();
  await button(page, "Resume").click();
  await allStored(page, PICTURES);
});
