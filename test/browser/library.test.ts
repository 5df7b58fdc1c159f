import { execFile } from "node:child_process";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { build } from "vite";
import { TestBatch } from "../support/batch.ts";
import { test as browserTest } from "../support/browser-test.ts";
import { type Host, snippets } from "../support/host.ts";
import { ROOT } from "../support/process-group.ts";

const run = promisify(execFile);

const test = browserTest.extend("program", { scope: "file" }, async ({ folder: program }) => {
  await run("npm", ["run", "--silent", "library"], { cwd: ROOT });
  await mkdir(join(program, "node_modules"));
  await symlink(ROOT, join(program, "node_modules/tallyman"));
  await symlink(join(ROOT, "node_modules/preact"), join(program, "node_modules/preact"));
  await mkdir(join(program, "letters"));
  for (const name of ["a.txt", "b.txt"]) await writeFile(join(program, "letters", name), name);
  return program;
});

/** As docs/embedding.md describes it: in a program that has installed the package. */
describe("the package, for other people's programs", () => {
  test("the client alone uploads a folder in Node, as documented", async ({ server, program }) => {
    const js = (await snippets("js", server.origin)).at(-1) ?? "";
    await writeFile(join(program, "upload.mjs"), js);
    const folder = join(program, "letters");
    const { stdout, stderr } = await run(process.execPath, ["upload.mjs", server.origin, folder], {
      cwd: program,
    });
    expect({ stdout, stderr }).toEqual({ stdout: "2 of 2 files are stored.\n", stderr: "" });
  });

  test("a Preact app shows a batch and uploads another, and its own style stays", async ({
    server,
    program,
    host,
    page,
  }) => {
    const [watching = "", uploading = ""] = await snippets("jsx", server.origin);
    await writeFile(join(program, "watching.jsx"), watching);
    await writeFile(join(program, "uploading.jsx"), uploading);
    const batch = await TestBatch.create(server.origin, [5, 5]);
    const { id, tokens } = batch.created;
    const options = { endpoint: server.origin, batch: id, token: tokens.read };
    await writeFile(
      join(program, "main.js"),
      `import { show } from "./watching.jsx"; import { upload } from "./uploading.jsx";
      show(document.querySelector("#watching"), ${JSON.stringify(options)});
      upload(document.querySelector("#uploading"), ${JSON.stringify(server.origin)});`,
    );
    await bundle(program);
    await openApp(page, host, program);

    await page.locator("#watching").getByText("of 2 files stored").waitFor();
    await batch.call("/files/0", { method: "PUT", body: "12345" });
    await expect.poll(() => page.locator("#watching .stored-count").innerText()).toBe("1");

    const styleOf = (selector: string) =>
      page.locator(selector).evaluate((it) => getComputedStyle(it).borderRadius);
    const chooser = page.locator("#uploading").getByRole("button", { name: "Choose files" });
    expect(await chooser.evaluate((it) => getComputedStyle(it).borderRadius)).toBe("4px");
    expect(await styleOf("#own")).toBe("0px");

    await page.locator("#uploading input").first().setInputFiles(join(program, "letters/a.txt"));
    await page.locator("#uploading .outcome").getByText("The file is stored.").waitFor();
  });
});

/** Makes what a browser runs of the app, as its own tools would. */
async function bundle(program: string): Promise<void> {
  await build({
    root: program,
    configFile: false,
    logLevel: "error",
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    build: {
      outDir: "dist",
      rolldownOptions: {
        input: join(program, "main.js"),
        output: { entryFileNames: "main.js", assetFileNames: "main[extname]" },
      },
    },
  });
}

async function openApp(page: Page, host: Host, program: string): Promise<void> {
  for (const name of ["main.js", "main.css"]) {
    host.serve(`/${name}`, await readFile(join(program, "dist", name), "utf8"));
  }
  await page.goto(
    host.serve(
      "/app.html",
      `<!doctype html><title>App</title><link rel="stylesheet" href="/main.css" />
      <style>button { border-radius: 0 }</style><button id="own">Own</button>
      <div id="watching"></div><div id="uploading"></div>
      <script type="module" src="/main.js"></script>`,
    ),
  );
}
