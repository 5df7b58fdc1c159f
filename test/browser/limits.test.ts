import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import * as v from "valibot";
import { describe, expect } from "vitest";
import { test as browserTest } from "../support/browser-test.ts";
import { mintGrant } from "../support/grants.ts";
import { allStored, button, drop } from "../support/page.ts";

/** Names of files and their bytes. Each of the last four exceeds one of the limits below. */
const FILES = {
  "a.txt": 10,
  "b.txt": 10,
  "large.txt": 101,
  "photo.exe": 10,
  "page.html": 10,
  "over.txt": 95,
};
const LIMITS = {
  maxFileBytes: 100,
  maxBytes: 110,
  extensions: ["txt", "html"],
  types: ["text/plain", "application/pdf"],
};

const test = browserTest
  .override("operator", { variables: { ACCESS: "grant", QUOTA_FILES_PER_DAY: "3" } })
  .extend("mixed", { scope: "file" }, async ({ folder }) => {
    const mixed = join(folder, "mixed");
    await mkdir(mixed);
    for (const [name, bytes] of Object.entries(FILES))
      await writeFile(join(mixed, name), "x".repeat(bytes));
    return mixed;
  })
  /** Paths of files. */
  .extend(
    "paths",
    ({ mixed }) =>
      (...names: (keyof typeof FILES)[]) =>
        names.map((name) => join(mixed, name)),
  );

const Declared = v.object({ files: v.array(v.object({ name: v.string() })) });

/**
 * Returns a list that receives the names of the files that the page declares. A busy machine finds the files
 * of a drop one after the other, and declares them in several calls.
 */
function recordDeclared(page: Page): string[] {
  const names: string[] = [];
  page.on("request", (request) => {
    if (request.method() !== "POST") return;
    const { pathname } = new URL(request.url());
    if (!/^\/v1\/batches(?:\/\w+\/files)?$/u.test(pathname)) return;
    const { files } = v.parse(Declared, request.postDataJSON());
    names.push(...files.map(({ name }) => name));
  });
  return names;
}

/** Returns the `accept` of the dialog that a button opens. */
async function acceptOf(page: Page, opener: Locator): Promise<string | null> {
  const chooser = page.waitForEvent("filechooser");
  await opener.click();
  return (await chooser).element().getAttribute("accept");
}

/** Lets the page wait for the limits for as long as a slow machine takes. */
function waitForever(): void {
  const { setTimeout: start } = globalThis;
  const patient = (run: () => void, ms?: number) => (ms === 3000 ? null : start(run, ms));
  Object.assign(globalThis, { setTimeout: patient });
}

/** Waits for a note. Its text is announced as well, elsewhere in the document. */
async function seesNote(scope: Page | Locator, text: string): Promise<void> {
  await scope.locator(".note").getByText(text).waitFor();
}

const NOTES = [
  "1 file larger than 100 bytes was skipped: large.txt. Make it smaller or split it.",
  "2 files were skipped: page.html, photo.exe. Only .txt, .html can be uploaded here. Convert them first.",
  "A batch holds up to 110 bytes. 1 file was skipped: over.txt. Drop it again when this batch is done.",
];

describe("the page", () => {
  test("says what a grant allows, and names each file that exceeds it before the first request", async ({
    page,
    server,
    paths,
  }) => {
    const declared = recordDeclared(page);
    const grant = await mintGrant(server.grantSecret, { sub: "limited", limits: LIMITS });
    await page.goto(`${server.origin}/#grant=${grant}`);
    await page
      .getByText("Up to 100 bytes per file, 110 bytes in total. Only .txt, .html.", { exact: true })
      .waitFor();
    expect(await acceptOf(page, button(page, "Choose files"))).toBe(".txt,.html");
    await drop(page, paths("a.txt", "b.txt", "large.txt", "photo.exe", "page.html", "over.txt"));
    for (const note of NOTES) await seesNote(page, note);
    await allStored(page, 2);
    expect(declared).toEqual(["a.txt", "b.txt"]);
  });

  test("waits for the limits before it declares files that were dropped early", async ({
    page,
    server,
    paths,
  }) => {
    const held = Promise.withResolvers<void>();
    await page.route("**/v1/limits", async (route) => {
      await held.promise;
      await route.continue();
    });
    await page.addInitScript(waitForever);
    const declared = recordDeclared(page);
    const grant = await mintGrant(server.grantSecret, { sub: "early", limits: { maxFiles: 1 } });
    await page.goto(`${server.origin}/#grant=${grant}`);
    await button(page, "Choose files").waitFor();
    await drop(page, paths("a.txt", "b.txt"));
    await page.getByRole("heading", { name: "0 of 2 files stored" }).waitFor();
    expect(declared).toEqual([]);
    held.resolve();
    await seesNote(page, "A batch holds up to 1 file. 1 file was skipped: b.txt.");
    await allStored(page, 1);
    expect(declared).toEqual(["a.txt"]);
  });

  test("asks for the limits again with a drop, if the server couldn't tell them before", async ({
    page,
    server,
    paths,
  }) => {
    const headers = { "Tallyman-Version": "test" };
    const body = JSON.stringify({ code: "malformed_request", detail: "" });
    await page.route("**/v1/limits", (route) => route.fulfill({ status: 400, headers, body }));
    const answered = page.waitForResponse("**/v1/limits");
    const declared = recordDeclared(page);
    const grant = await mintGrant(server.grantSecret, { sub: "late", limits: { maxFiles: 1 } });
    await page.goto(`${server.origin}/#grant=${grant}`);
    await button(page, "Choose files").waitFor();
    await (await answered).finished();
    await page.unrouteAll();
    await drop(page, paths("a.txt", "b.txt"));
    await seesNote(page, "A batch holds up to 1 file. 1 file was skipped: b.txt.");
    await allStored(page, 1);
    expect(declared).toEqual(["a.txt"]);
  });

  test("creates no batch of files that are all refused", async ({ page, server, paths }) => {
    const declared = recordDeclared(page);
    const grant = await mintGrant(server.grantSecret, { limits: { types: ["image/*"] } });
    await page.goto(`${server.origin}/#grant=${grant}`);
    await page.getByText("Only images.", { exact: true }).waitFor();
    expect(await acceptOf(page, button(page, "Choose files"))).toBe("image/*");
    await drop(page, paths("a.txt"));
    await seesNote(page, "1 file was skipped: a.txt. Only images can be uploaded here.");
    await button(page, "Choose files").waitFor();
    expect(await page.getByText("No files found.").count()).toBe(0);
    expect(declared).toEqual([]);
  });

  test("says that a grant is used up, and sends nothing", async ({ page, server, paths }) => {
    const grant = await mintGrant(server.grantSecret, { sub: "used-up" });
    // Its whole quota: files of a drop that are found one after the other would use up what is left.
    const files = ["1", "2", "3"].map((name) => ({ name, size: 1 }));
    const request = { method: "POST", headers: { Authorization: `Bearer ${grant}` } };
    const body = JSON.stringify({ files });
    expect((await fetch(`${server.origin}/v1/batches`, { ...request, body })).status).toBe(201);
    await page.goto(`${server.origin}/#grant=${grant}`);
    await drop(page, paths("a.txt", "b.txt", "large.txt", "over.txt"));
    await page.getByRole("alert").getByText("Your upload quota is used up.").waitFor();
  });
});

describe("the uploader element", () => {
  test("knows the limits of its grant before the first drop, and those of another grant", async ({
    page,
    server,
    host,
    paths,
  }) => {
    const declared = recordDeclared(page);
    const [images, text] = await Promise.all(
      [["image/*"], ["text/plain"]].map((types) =>
        mintGrant(server.grantSecret, { sub: "embedded", limits: { types } }),
      ),
    );
    await page.goto(host.serve("/limits.html", appPage(server.origin, images)));
    const uploader = await limited(page, "Only images.");
    const choose = uploader.getByRole("button", { name: "Choose files" });
    expect(await acceptOf(page, choose)).toBe("image/*");
    const at = await pointIn(uploader);
    await drop(page, paths("a.txt"), at);
    await seesNote(uploader, "1 file was skipped: a.txt. Only images");
    expect(declared).toEqual([]);

    await uploader.evaluate((element, grant) => element.setAttribute("grant", grant), text ?? "");
    await uploader.getByText("Only text/plain.", { exact: true }).waitFor();
    await drop(page, paths("a.txt"), at);
    await uploader.getByRole("heading", { name: "1 file is safe." }).waitFor();
    expect(declared).toEqual(["a.txt"]);
  });

  test("asks for the limits of another grant only once the next files may come", async ({
    page,
    server,
    host,
    paths,
  }) => {
    const [text, images] = await Promise.all(
      [["text/plain"], ["image/*"]].map((types) =>
        mintGrant(server.grantSecret, { sub: "embedded", limits: { types } }),
      ),
    );
    await page.goto(host.serve("/next-limits.html", appPage(server.origin, text)));
    const uploader = await limited(page, "Only text/plain.");
    await drop(page, paths("a.txt"), await pointIn(uploader));
    await uploader.getByRole("heading", { name: "1 file is safe." }).waitFor();
    const calls = await uploader.evaluateHandle((element, grant) => {
      const made = { count: 0 };
      const next = (): string => {
        made.count += 1;
        return grant;
      };
      // Frameworks set a property again whenever they render.
      for (let render = 0; render < 5; render++) Object.assign(element, { grant: () => next() });
      return made;
    }, images ?? "");
    expect(await calls.jsonValue()).toEqual({ count: 0 });
    await uploader.evaluate((element: HTMLElement & { clear: () => void }) => element.clear());
    await uploader.getByText("Only images.", { exact: true }).waitFor();
    expect(await calls.jsonValue()).toEqual({ count: 1 });
  });
});

/** An app's page with an uploader. */
function appPage(origin: string, grant = ""): string {
  return `<!doctype html><html lang="en"><title>App</title>
    <script type="module" src="${origin}/embed.js"></script>
    <tallyman-uploader grant="${grant}"></tallyman-uploader>`;
}

/** Points at the page's uploader, and waits until it states these limits. */
async function limited(page: Page, limits: string): Promise<Locator> {
  const uploader = page.locator("tallyman-uploader");
  await uploader.getByText("Drop your files.").waitFor();
  await uploader.hover();
  await uploader.getByText(limits, { exact: true }).waitFor();
  return uploader;
}

async function pointIn(element: Locator): Promise<{ x: number; y: number }> {
  const { x = 0, y = 0 } = (await element.boundingBox()) ?? {};
  return { x: x + 20, y: y + 20 };
}
