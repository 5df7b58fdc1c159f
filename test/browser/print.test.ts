import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { test } from "../support/browser-test.ts";
import { allStored, drop } from "../support/page.ts";

const FILES = 60;

test("a batch is printed on one page, in light colours", async ({ page, folder, server }) => {
  const files = join(folder, "printed");
  await mkdir(files);
  for (let number = 0; number < FILES; number++) await writeFile(join(files, `${number}.txt`), "x");
  await page.goto(server.origin);
  await page.emulateMedia({ colorScheme: "dark" });
  await drop(page, [files]);
  await allStored(page, FILES);
  const pdf = (await page.pdf({ format: "A4" })).toString("latin1");
  expect(pdf.match(/\/Type\s*\/Page\b/gu)).toHaveLength(1);
  await page.emulateMedia({ colorScheme: "dark", media: "print" });
  const paper = await page.evaluate(() => {
    const context = document.createElement("canvas").getContext("2d");
    if (context === null) return [];
    context.fillStyle = getComputedStyle(document.documentElement).backgroundColor;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  });
  expect(Math.min(...paper)).toBeGreaterThan(200);
});
