// npm run bench:bundles [-- ROUNDS]: ways to send bundles of files from a page in Chromium.
import { readdir } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { launchBrowser } from "../../test/support/browser.ts";
import { freePort } from "../../client/testing/free-port.ts";
import { median, rowOf } from "../report.ts";
import { type Files, withFolder } from "./folder.ts";
import { sendBundles, WAYS, type Way } from "./send-bundles.ts";

/** Files per bundle, besides the files themselves. */
const WORKLOADS: readonly (Files & { perBundle: number })[] = [
  { files: 10_000, bytes: 2_000, perBundle: 100 },
  { files: 490, bytes: 200_000, perBundle: 40 },
];

const [rounds = 5] = process.argv.slice(2).map(Number);
const port = await freePort();
const server = createServer(respond).listen(port, "127.0.0.1");
const browser = await launchBrowser();

try {
  console.log(rowOf(["files", ...WAYS.map((way) => `${way}, ms`)]));
  console.log(rowOf(["---", ...WAYS.map(() => "--:")]));
  for (const workload of WORKLOADS)
    console.log(await withFolder(workload, (folder) => lineOf(workload, folder)));
} finally {
  await browser.close();
  server.close();
}

/** Reads a body to its end, or responds with a page that takes files. */
function respond(request: IncomingMessage, response: ServerResponse): void {
  if (request.method === "POST") request.resume().on("end", () => response.end());
  else response.setHeader("Content-Type", "text/html").end("<input type=file multiple>");
}

async function lineOf(
  { files, bytes, perBundle }: (typeof WORKLOADS)[number],
  folder: string,
): Promise<string> {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${port}/`);
  const names = await readdir(folder);
  await page.locator("input").setInputFiles(names.map((name) => join(folder, name)));
  const times = await measure(page, perBundle);
  await page.close();
  const medians = WAYS.map((way) => Math.round(median(times.get(way) ?? [])));
  return rowOf([`${files} × ${bytes} bytes`, ...medians]);
}

/** Sends all files in each way, one after the other, in every round. */
async function measure(page: Page, perBundle: number): Promise<Map<Way, number[]>> {
  const times = new Map<Way, number[]>(WAYS.map((way) => [way, []]));
  for (let round = 0; round < rounds; round++) {
    for (const way of WAYS) {
      times.get(way)?.push(await page.evaluate(sendBundles, { way, perBundle }));
    }
  }
  return times;
}
