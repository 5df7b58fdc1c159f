import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import type { CreatedBatch, FilePage } from "../../protocol/index.ts";
import { CALLS } from "./calls.ts";
import { REFUSED } from "./sources.ts";
import { test as browserTest } from "../support/browser-test.ts";
import { bodyLimit } from "../support/middleboxes/body-limit.ts";
import { challenge, errorPage } from "../support/middleboxes/error-page.ts";
import { passOn } from "../support/middleboxes/exchange.ts";
import { firewall } from "../support/middleboxes/firewall.ts";
import { HttpProxy } from "../support/middleboxes/http-proxy.ts";
import { resetAll } from "../support/middleboxes/portal.ts";
import { allStored, drop, failures } from "../support/page.ts";

/** A test with a proxy in front of the server. */
const test = browserTest
  .extend("proxy", async ({ server }, { onCleanup }) => {
    const proxy = await HttpProxy.listen(server.origin);
    onCleanup(() => proxy.close());
    return proxy;
  })
  /** Writes files with the given contents. Returns their folder. */
  .extend("write", ({ folder }) => async (name: string, contents: readonly Buffer[]) => {
    const path = join(folder, name);
    await mkdir(path);
    await Promise.all(
      contents.map((content, number) => writeFile(join(path, `${number}`), content)),
    );
    return path;
  });

function zeros(files: number, bytes: number): Buffer[] {
  return Array.from({ length: files }, () => Buffer.alloc(bytes));
}

/** Returns `files` files, of which a firewall refuses the one with this number. */
function withRefused(files: number, refused: number): Buffer[] {
  return zeros(files, 20_000).map((content, number) =>
    number === refused ? Buffer.concat([content, Buffer.from(REFUSED)]) : content,
  );
}

/** Records the batch that a page creates. Returns a function that counts the files it has stored. */
function recordBatch(page: Page): () => Promise<number> {
  const created = page.waitForResponse((response) => response.status() === 201);
  return async () => {
    const { links, tokens }: CreatedBatch = JSON.parse(await (await created).text());
    const response = await fetch(`${links.files}?state=completed&token=${tokens.read}`);
    const { files }: FilePage = await response.json();
    return files.length;
  };
}

describe("on the page", () => {
  test("600 files are stored despite a challenge in the middle", async ({ page, proxy, write }) => {
    await page.goto(proxy.origin);
    const stored = recordBatch(page);
    let bundles = 0;
    proxy.middlebox = (exchange) => {
      // The others get no response, so that the batch isn't complete before the challenge.
      if (!CALLS.bundle(exchange) || ++bundles <= 2) exchange.pass();
    };
    await drop(page, [await write("challenge", zeros(600, 8000))]);
    await expect.poll(stored).toBeGreaterThan(0);
    let checks = 0;
    proxy.middlebox = (exchange) => {
      if (CALLS.health(exchange) && ++checks === 6) proxy.middlebox = passOn;
      return challenge(exchange);
    };
    proxy.cutConnections();
    await page.getByRole("button", { name: "Reload this page" }).waitFor();
    await allStored(page, 600);
    expect(await stored()).toBe(600);
  });

  test("a proxy's limit fails only a larger file, and is named", async ({ page, proxy, write }) => {
    proxy.middlebox = bodyLimit(2 ** 20);
    await page.goto(proxy.origin);
    const stored = recordBatch(page);
    await drop(page, [await write("limit", [...zeros(100, 100_000), Buffer.alloc(5_000_000)])]);
    await failures(page).getByText("The network lets files of at most").waitFor();
    await failures(page).getByText("1 file failed").waitFor();
    await expect.poll(stored).toBe(100);
  });

  test.for([
    { way: "403 in HTML", refuse: errorPage(403) },
    { way: "a reset", refuse: resetAll },
  ])(
    "a firewall fails only the file that it refuses by $way",
    async (each, { page, proxy, write }) => {
      const { way, refuse } = each;
      proxy.middlebox = firewall([REFUSED], refuse);
      await page.goto(proxy.origin);
      const stored = recordBatch(page);
      await drop(page, [await write(way, withRefused(200, 120))]);
      await failures(page)
        .getByText("A firewall or proxy on the network refused this file.")
        .waitFor();
      await failures(page).getByText("1 file failed").waitFor();
      // The page says so before the other files are stored.
      await expect.poll(stored).toBe(199);
    },
  );
});

describe("in a page of another origin", () => {
  test("a firewall fails only the file that it refuses", async ({ host, page, proxy, write }) => {
    proxy.middlebox = firewall([REFUSED]);
    const script = `<script type="module" src="${proxy.origin}/embed.js"></script>`;
    const html = `<!doctype html>${script}<tallyman-uploader></tallyman-uploader>`;
    await page.goto(host.serve("/networks.html", html));
    const stored = recordBatch(page);
    const uploader = page.locator("tallyman-uploader");
    await uploader.getByText("Drop your files.").waitFor();
    const { x = 0, y = 0 } = (await uploader.boundingBox()) ?? {};
    await drop(page, [await write("embedded", withRefused(100, 30))], { x: x + 50, y: y + 50 });
    await uploader.getByText("A firewall or proxy on the network refused this file.").waitFor();
    await expect.poll(stored).toBe(99);
  });
});
