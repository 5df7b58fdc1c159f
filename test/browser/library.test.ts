import { execFile } from "node:child_process";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import * as v from "valibot";
import { describe, expect } from "vitest";
import { build } from "vite";
import { TestBatch } from "../support/batch.ts";
import { test as browserTest } from "../support/browser-test.ts";
import { type Host, snippets } from "../support/host.ts";
import { ROOT } from "../support/process-group.ts";

const run = promisify(execFile);

const PACKAGE = join(ROOT, "package");
const Packed = v.tuple([
  v.object({ filename: v.string(), files: v.array(v.object({ path: v.string() })) }),
]);

const test = browserTest
  /** The package's archive, as `npm publish` would upload it. */
  .extend("packed", { scope: "file" }, async ({ folder }) => {
    const args = ["pack", "--silent", "--json", "--pack-destination", folder];
    const { stdout } = await run("npm", args, { cwd: PACKAGE });
    const [{ filename, files }] = v.parse(Packed, JSON.parse(stdout));
    return { archive: join(folder, filename), files: files.map(({ path }) => path) };
  })
  /** A folder in which the package and Preact are installed. */
  .extend("program", { scope: "file" }, async ({ folder, packed }) => {
    const program = join(folder, "program");
    const modules = join(program, "node_modules");
    await mkdir(join(modules, "tallyman"), { recursive: true });
    await run("tar", ["-xzf", packed.archive, "--strip-components=1", "-C", "tallyman"], {
      cwd: modules,
    });
    for (const name of ["preact", "@preact"]) {
      await symlink(join(ROOT, "node_modules", name), join(modules, name));
    }
    await mkdir(join(program, "letters"));
    for (const name of ["a.txt", "b.txt"]) await writeFile(join(program, "letters", name), name);
    return program;
  });

describe("the package's archive", () => {
  test("contains the built files that package.json exports, and their types", async ({
    packed,
  }) => {
    const { exports } = await readPackage();
    const targets = Object.values(exports).flatMap((target) =>
      typeof target === "string" ? target : Object.values(target),
    );
    expect(targets.length).toBeGreaterThan(5);
    for (const target of targets) expect(packed.files).toContain(target.replace("./", ""));
    expect(packed.files.filter((path) => !INTENDED.some((allowed) => allowed.test(path)))).toEqual(
      [],
    );
  });

  test("imports only its peer dependencies and Node's modules", async ({ packed, program }) => {
    const { version, peerDependencies } = await readPackage();
    const root = v.parse(
      RootPackage,
      JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")),
    );
    expect(version).toBe(root.version);
    const imported = new Set<string>();
    for (const path of packed.files.filter((name) => /\.(?:js|ts)$/u.test(name))) {
      const code = await readFile(join(program, "node_modules/tallyman", path), "utf8");
      for (const [, name = ""] of code.matchAll(PACKAGE_IMPORT)) imported.add(name);
    }
    // TypeScript names the package that declares `Signal`. It comes with @preact/signals.
    imported.delete("@preact/signals-core");
    expect([...imported].toSorted()).toEqual(["@preact/signals", "preact"]);
    for (const [name, range] of Object.entries(peerDependencies)) {
      expect(range).toBe(`^${root.dependencies[name]}`);
    }
  });

  test("has types that need no other package and no options", async ({ program }) => {
    await writeFile(
      join(program, "typed.ts"),
      `import { type Source, Uploader, Watcher } from "tallyman/client";
      import { openFile } from "tallyman/node";
      import { UploadBox, Uploads } from "tallyman/components";
      export const source: Promise<Source> = openFile("a.txt");
      export const isRunning: boolean = new Uploader({ endpoint: "" }).running;
      // @ts-expect-error: a watcher needs a batch
      export const watcher = new Watcher({ endpoint: "" });
      export const rate: number | null = new Uploads(() => ({ endpoint: "" })).bytesPerSecond.value;
      export { UploadBox };`,
    );
    const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2024"];
    const lib = ["--lib", "es2024,dom,dom.iterable,dom.asynciterable"];
    const tsc = join(ROOT, "node_modules/.bin/tsc");
    await expect(run(tsc, [...options, ...lib, "typed.ts"], { cwd: program })).resolves.toEqual({
      stdout: "",
      stderr: "",
    });
  });
});

/** Tests in a program that has installed the package, with the examples of docs/embedding.md. */
describe("the installed package", () => {
  test("the documented client uploads a folder in Node", async ({ server, program }) => {
    const examples = await snippets("js", server.origin);
    const js = examples.find((code) => code.includes("openFile")) ?? "";
    await writeFile(join(program, "upload.mjs"), js);
    const folder = join(program, "letters");
    const { stdout, stderr } = await run(process.execPath, ["upload.mjs", server.origin, folder], {
      cwd: program,
    });
    expect({ stdout, stderr }).toEqual({ stdout: "2 of 2 files are stored.\n", stderr: "" });
  });

  test("a Preact app shows a batch and uploads another, and keeps its own style", async ({
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
    await page.locator("#uploading").getByText("1 file is safe.").waitFor();
  });
});

/** Paths that the archive may contain. */
const INTENDED = [
  /^(?:package\.json|LICENSE|README\.md)$/u,
  /^lib\/(?:browser|node)\/[\w-]+\.(?:js|css)$/u,
  /^lib\/types\/(?:client|protocol|site)\/(?:(?!testing\/)[\w-]+\/)*[\w-]+\.d\.ts$/u,
];

/** The package's name in an import of it or of a file in it. Node's own modules are none. */
const PACKAGE_IMPORT = /\b(?:from|import)\s*\(?["'](?!\.|node:)((?:@[^/"']+\/)?[^/"']+)/gu;

const Versions = v.record(v.string(), v.string());
const RootPackage = v.object({ version: v.string(), dependencies: Versions });
const PublishedPackage = v.object({
  version: v.string(),
  peerDependencies: Versions,
  exports: v.record(v.string(), v.union([v.string(), v.record(v.string(), v.string())])),
});

async function readPackage(): Promise<v.InferOutput<typeof PublishedPackage>> {
  const text = await readFile(join(PACKAGE, "package.json"), "utf8");
  return v.parse(PublishedPackage, JSON.parse(text));
}

/** Builds the app, as its own tools would. */
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
