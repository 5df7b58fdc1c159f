import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { test } from "../support/browser-test.ts";
import { allStored, drop } from "../support/page.ts";

test.override("operator", { variables: { KEEP_DAYS: "7" } });

test("a sender is told how long files stay, before and after the upload", async ({
  server,
  page,
  folder,
}) => {
  for (const name of ["a.txt", "b.txt"]) await writeFile(join(folder, name), name);
  await page.goto(server.origin);
  await page.getByText("Files are deleted 7 days after the upload.").waitFor();
  await drop(page, [folder]);
  await allStored(page, 2);
  const summary = await page.locator(".summary").innerText();
  expect(summary).toMatch(/Files are deleted on \w+ \d+, 20\d\d\./u);
  expect(summary).not.toContain("stay");
});
