import type { Page, Request } from "playwright-core";
import { describe, expect } from "vitest";
import { TestBatch } from "../support/batch.ts";
import { test as browserTest } from "../support/browser-test.ts";

const SCRIPT = `globalThis.ran = true; globalThis.postMessage("ran");`;
const STYLE = ":root { --ran: true; }";

/** A test with the addresses of an uploaded script and style, with a token. */
const test = browserTest.extend("uploaded", { scope: "file" }, async ({ server }) => {
  const batch = await TestBatch.create(server.origin, [
    { name: "script.js", size: SCRIPT.length, type: "text/javascript" },
    { name: "style.css", size: STYLE.length, type: "text/css" },
  ]);
  await batch.bundle([SCRIPT, STYLE].map((bytes, id) => ({ name: id, bytes })));
  const { id, tokens } = batch.created;
  const address = (file: number) =>
    `${server.origin}/v1/batches/${id}/files/${file}/content?token=${tokens.read}`;
  return { script: address(0), style: address(1) };
});

interface Uploaded {
  script: string;
  style: string;
}

/** Returns the elements by which a page loads the files, by a name for each. */
function elementsFor({ script, style }: Uploaded): Record<string, [string, object]> {
  const stylesheet = { href: style, rel: "stylesheet" };
  const crossOrigin = "anonymous";
  return {
    script: ["script", { src: script }],
    "script with CORS": ["script", { src: script, crossOrigin }],
    module: ["script", { src: script, type: "module" }],
    style: ["link", stylesheet],
    "style with CORS": ["link", { ...stylesheet, crossOrigin }],
  };
}

/** Tries each way in which a page runs scripts and styles. Returns the ways that worked. */
async function waysThatWork(page: Page, uploaded: Uploaded): Promise<string[]> {
  const worked: string[] = [];
  for (const [way, [name, properties]] of Object.entries(elementsFor(uploaded))) {
    if (await isLoaded(page, name, properties)) worked.push(way);
  }
  for (const type of ["classic", "module"] as const) {
    if (await isWorkerStarted(page, uploaded.script, type)) worked.push(`${type} worker`);
  }
  if (await page.evaluate(() => "ran" in globalThis)) worked.push("a script set ran");
  return worked;
}

function isLoaded(page: Page, name: string, properties: object): Promise<boolean> {
  const element = { name, properties };
  return page.evaluate((added) => {
    const node = Object.assign(document.createElement(added.name), added.properties);
    document.head.append(node);
    return new Promise<boolean>((resolve) => {
      node.addEventListener("load", () => resolve(true));
      node.addEventListener("error", () => resolve(false));
    });
  }, element);
}

function isWorkerStarted(page: Page, address: string, type: WorkerType): Promise<boolean> {
  const worker = { address, type };
  return page.evaluate((tried) => {
    return new Promise<boolean>((resolve) => {
      try {
        const started = new Worker(tried.address, { type: tried.type });
        started.addEventListener("message", () => resolve(true));
        started.addEventListener("error", () => resolve(false));
      } catch {
        // The constructor refuses a script of another origin.
        resolve(false);
      }
    });
  }, worker);
}

/** Loads the files as an old browser does, which sends no `Sec-Fetch-Dest`. */
async function omitDestination(page: Page): Promise<void> {
  await page.route(/\/content\?/u, async (route) => {
    const response = await route.fetch({ headers: withoutFetchMetadata(route.request()) });
    await route.fulfill({ response });
  });
}

function withoutFetchMetadata(request: Request): Record<string, string> {
  const headers = Object.entries(request.headers());
  return Object.fromEntries(headers.filter(([name]) => !name.startsWith("sec-fetch-")));
}

describe("an uploaded script or style does not run", () => {
  test("in the site's own page", async ({ page, server, uploaded }) => {
    await page.goto(server.origin);
    expect(await waysThatWork(page, uploaded)).toEqual([]);
  });

  test("in a page of another origin", async ({ page, host, uploaded }) => {
    await page.goto(host.serve("/app.html", "<!doctype html><title>App</title>"));
    expect(await waysThatWork(page, uploaded)).toEqual([]);
  });

  test("in a browser that sends no destination", async ({ page, server, uploaded }) => {
    await omitDestination(page);
    await page.goto(server.origin);
    expect(await waysThatWork(page, uploaded)).toEqual([]);
  });
});

test("a page reads an uploaded script with fetch()", async ({ page, server, uploaded }) => {
  await page.goto(server.origin);
  const read = await page.evaluate(async (address) => {
    const response = await fetch(address);
    return [response.headers.get("Content-Type"), await response.text()];
  }, uploaded.script);
  expect(read).toEqual(["application/octet-stream", SCRIPT]);
});
