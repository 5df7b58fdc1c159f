import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser } from "./support/browser.ts";
import { drop } from "./support/page.ts";
import { type Server, startServer } from "./support/server.ts";

let server: Server;
let browser: Browser;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tallyman-headers-"));
  [server, browser] = await Promise.all([startServer(), launchBrowser()]);
});

afterAll(async () => {
  await browser.close();
  await server.stop();
  await rm(folder, { recursive: true });
});

describe.each(["/", "/b/0123", "/assets/"])("what is served of the page: %s", (kind) => {
  test("runs only its own scripts, is in nobody's frame, and tells nobody where it was", async () => {
    const path = kind === "/assets/" ? await scriptOfPage() : kind;
    const answer = await fetch(server.origin + path);
    await answer.text();
    expect(answer.status).toBe(200);
    const headers = Object.fromEntries(answer.headers);
    expect(headers).toMatchObject({
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "permissions-policy": expect.stringContaining("camera=()"),
      "referrer-policy": "no-referrer",
      "strict-transport-security": expect.stringMatching(/^max-age=\d{8,}$/u),
      "x-content-type-options": "nosniff",
    });
    const policy = headers["content-security-policy"]?.split("; ");
    expect(policy).toEqual(
      expect.arrayContaining(["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"]),
    );
    expect(headers["content-security-policy"]).not.toContain("unsafe");
  });
});

async function scriptOfPage(): Promise<string> {
  const page = await (await fetch(server.origin)).text();
  return /src="(\/assets\/[^"]+)"/u.exec(page)?.[1] ?? "";
}

test("the page works under its policy, and a script that was put into it does not run", async () => {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) complaints.push(message.text());
  });
  await page.goto(server.origin);
  const file = join(folder, "<img src=x onerror=alert(1)>.svg");
  await writeFile(file, "<svg xmlns='http://www.w3.org/2000/svg'/>");
  await drop(page, [file]);
  await page.getByText("<img src=x onerror=alert(1)>.svg").first().waitFor();
  const summary = page.getByRole("region", { name: "Summary" });
  await summary.getByText("The file is stored.").waitFor();
  expect(complaints).toEqual([]);
  const added = page.addScriptTag({ content: "globalThis.inlineRan = true" });
  await expect(added).rejects.toThrow(/Content Security Policy/u);
  expect(await page.evaluate("globalThis.inlineRan")).toBeUndefined();
  await page.close();
});

describe("no address leads to another site", () => {
  test.each([
    "//foreign.test/index.html",
    "///foreign.test/%2e%2e",
    "/\\foreign.test/index",
    "/%2F%2Fforeign.test/index.html",
    "//index.html",
    "/b//foreign.test",
    "/index.html?to=//foreign.test",
  ])("%s", async (path) => {
    const location = /^location: *(.*)$/imu.exec(await answerTo(path))?.[1]?.trim();
    expect(new URL(location ?? "/", server.origin).origin).toBe(server.origin);
  });
});

/** The head of the answer to an address that `fetch` would not leave as it is. */
async function answerTo(path: string): Promise<string> {
  const { hostname, port, host } = new URL(server.origin);
  const socket = connect(Number(port), hostname);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  const answer = await text(socket);
  expect(answer).toMatch(/^HTTP\/1\.1 [34]\d\d /u);
  return answer.split("\r\n\r\n")[0] ?? "";
}
