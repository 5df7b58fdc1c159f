import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { test } from "../support/browser-test.ts";

test.override("operator", { variables: { ALLOWED_ORIGINS: "https://app.example" } });

test("a page of an origin that isn't allowed says that it can't reach the server, and keeps trying", async ({
  page,
  folder,
  host,
  server,
}) => {
  const checks: string[] = [];
  page.on("request", (request) => void checks.push(new URL(request.url()).pathname));
  const html = `<!doctype html><title>App</title>
    <script type="module" src="${server.origin}/embed.js"></script>
    <tallyman-uploader endpoint="${server.origin}"></tallyman-uploader>`;
  await page.goto(host.serve("/app.html", html));
  const uploader = page.locator("tallyman-uploader");
  const file = join(folder, "a.txt");
  await writeFile(file, "a");
  await uploader.locator("input").first().setInputFiles(file);
  await uploader.getByText("Offline since").first().waitFor();
  expect(await uploader.getByRole("alert").count()).toBe(0);
  const before = checks.filter((path) => path === "/v1/health").length;
  const isChecked = () => checks.filter((path) => path === "/v1/health").length > before;
  await expect.poll(isChecked).toBe(true);
});
