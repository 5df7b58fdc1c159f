import { readdir, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect } from "vitest";
import { version } from "../../package.json";
import { test } from "../support/browser-test.ts";
import { allStored, drop } from "../support/page.ts";
import type { Server } from "../support/server.ts";

describe.each(["/", "/b/0123", "/assets/"])("the response for %s", (kind) => {
  test("allows only its own scripts, no frames and no referrer", async ({ server }) => {
    const path = kind === "/assets/" ? await scriptOf(server) : kind;
    const response = await fetch(server.origin + path);
    await response.text();
    expect(response.status).toBe(200);
    const headers = Object.fromEntries(response.headers);
    expect(headers).toMatchObject({
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "permissions-policy": expect.stringContaining("camera=()"),
      "referrer-policy": "no-referrer",
      "tallyman-version": version,
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

test("only the picture worker may run WebAssembly, and nothing else than its own scripts", async ({
  server,
}) => {
  const scripts = await readdir("site/dist/assets");
  const worker = scripts.find((name) => name.startsWith("worker-")) ?? "";
  const response = await fetch(`${server.origin}/assets/${worker}`);
  await response.text();
  expect(response.headers.get("content-security-policy")).toBe(
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'",
  );
  expect(response.headers.get("cache-control")).toContain("immutable");
});

test.for(["/embed.js", "/client.js"])(
  "pages of other origins can read the version of %s, also if it has not changed",
  async (path, { server }) => {
    const first = await fetch(server.origin + path);
    await first.text();
    const headers = { "If-None-Match": first.headers.get("ETag") ?? "" };
    const second = await fetch(server.origin + path, { headers });
    expect([first.status, second.status]).toEqual([200, 304]);
    for (const response of [first, second]) {
      expect(Object.fromEntries(response.headers)).toMatchObject({
        "access-control-allow-origin": "*",
        "access-control-expose-headers": "Tallyman-Version",
        "tallyman-version": version,
      });
    }
  },
);

/** Returns the path of the page's script. */
async function scriptOf(server: Server): Promise<string> {
  const page = await (await fetch(server.origin)).text();
  return /src="(\/assets\/[^"]+)"/u.exec(page)?.[1] ?? "";
}

test("the page works under its Content Security Policy, which blocks an injected script", async ({
  server,
  folder,
  page,
}) => {
  const violations: string[] = [];
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) violations.push(message.text());
  });
  await page.goto(server.origin);
  const file = join(folder, "<img src=x onerror=alert(1)>.svg");
  await writeFile(file, "<svg xmlns='http://www.w3.org/2000/svg'/>");
  await drop(page, [file]);
  await page.getByText("<img src=x onerror=alert(1)>.svg").first().waitFor();
  await allStored(page, 1);
  expect(violations).toEqual([]);
  const added = page.addScriptTag({ content: "globalThis.inlineRan = true" });
  await expect(added).rejects.toThrow(/Content Security Policy/u);
  expect(await page.evaluate("globalThis.inlineRan")).toBeUndefined();
});

describe("no path redirects to another site", () => {
  test.for([
    "//foreign.test/index.html",
    "///foreign.test/%2e%2e",
    "/\\foreign.test/index",
    "/%2F%2Fforeign.test/index.html",
    "//index.html",
    "/b//foreign.test",
    "/index.html?to=//foreign.test",
  ])("%s", async (path, { server }) => {
    const location = /^location: *(.*)$/imu.exec(await headOf(server, path))?.[1]?.trim();
    expect(new URL(location ?? "/", server.origin).origin).toBe(server.origin);
  });
});

/** Returns the head of the response to a path that `fetch` would normalize. */
async function headOf(server: Server, path: string): Promise<string> {
  const { hostname, port, host } = new URL(server.origin);
  const socket = connect(Number(port), hostname);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  const response = await text(socket);
  expect(response).toMatch(/^HTTP\/1\.1 [234]\d\d /u);
  return response.split("\r\n\r\n")[0] ?? "";
}
