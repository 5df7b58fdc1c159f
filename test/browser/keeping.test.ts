import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { DAY_MS } from "../../protocol/index.ts";
import { resumeLink } from "../../site/share/links.ts";
import { test } from "../support/browser-test.ts";
import { allStored, button, drop, holdUploads } from "../support/page.ts";
import { exposeSaved, readSaved, savedBatch } from "../support/saved.ts";

test.override("operator", { variables: { KEEP_DAYS: "7" } });

test("a sender is told how long files stay, before and after the upload", async ({
  server,
  page,
  folder,
}) => {
  await mkdir(join(folder, "kept"));
  for (const name of ["a.txt", "b.txt"]) await writeFile(join(folder, "kept", name), name);
  await page.goto(server.origin);
  await page.getByText("Files are deleted 7 days after the upload.").waitFor();
  await drop(page, [join(folder, "kept")]);
  await allStored(page, 2);
  const summary = page.locator(".summary");
  await summary.getByText(/^Files are deleted on \w+ \d+, 20\d\d\.$/u).waitFor();
  expect(await summary.innerText()).not.toContain("stay");
});

test("a link's end is that of its files, for senders, recipients and other devices", async ({
  server,
  page,
  browser,
  folder,
}) => {
  await writeFile(join(folder, "a.txt"), "a.txt");
  await exposeSaved(page);
  await page.goto(server.origin);
  const release = await holdUploads(page);
  await drop(page, [join(folder, "a.txt")]);
  const until = page.getByText("It works until 7 days after the upload.");
  await until.waitFor();
  const link = await page.getByRole("textbox", { name: "Share link" }).inputValue();
  const batch = await savedBatch(page);
  const [saved] = (await readSaved(page)).batches;

  const device = await browser.newPage();
  await device.goto(resumeLink(saved ?? { id: "", tokens: { write: "" } }, server.origin));
  await button(device, "Open the batch").click();
  await device.getByText("It works until 7 days after the upload.").waitFor();
  const recipient = await browser.newPage();
  await recipient.goto(link);
  await recipient.getByRole("row", { name: "a.txt" }).waitFor();
  release();
  await allStored(page, 1);
  await allStored(recipient, 1);
  const { completedAt, keepUntil } = await batch.batch();
  expect(keepUntil).toBe(new Date(Date.parse(completedAt ?? "") + 7 * DAY_MS).toISOString());
  const end = new Intl.DateTimeFormat("en-US", { dateStyle: "medium" }).format(
    Date.parse(keepUntil ?? ""),
  );
  await recipient.getByText(`The link works until ${end}.`).waitFor();
  await page.getByText(`It works until ${end}.`).waitFor();
  await device.getByText(`It works until ${end}.`).waitFor();
  await page.goto(server.origin);
  await page.getByText(`Link until ${end}`).first().waitFor();
  await Promise.all([device.close(), recipient.close()]);
});
