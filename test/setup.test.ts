import { spawnSync } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const INSTALLED = "node_modules/.package-lock.json";
const SECRET = /^TALLYMAN_SECRET=[\w-]{43}$/mu;

let clone: string;

/** A clone of nothing but the set-up, for which all is installed. */
beforeEach(async () => {
  clone = await mkdtemp(join(tmpdir(), "tallyman-setup-"));
  for (const path of ["setup.mjs", "test/support/chromium.mjs"]) await cp(path, join(clone, path));
  await write("package-lock.json", "{}");
  await write(INSTALLED, "{}");
});

afterEach(() => rm(clone, { recursive: true, force: true }));

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(clone, path)), { recursive: true });
  await writeFile(join(clone, path), text);
}

function read(path: string): Promise<string> {
  return readFile(join(clone, path), "utf8");
}

function setup(env: Record<string, string> = {}, ...parameters: string[]) {
  return spawnSync(process.execPath, ["setup.mjs", ...parameters], {
    cwd: clone,
    encoding: "utf8",
    env: { ...process.env, CHROMIUM_PATH: "", ...env },
  });
}

describe("a fresh clone", () => {
  // With a dependency that needs no network.
  beforeEach(async () => {
    await rm(join(clone, "node_modules"), { recursive: true });
    await rm(join(clone, "package-lock.json"));
    await write("package.json", JSON.stringify({ dependencies: { twig: "file:twig" } }));
    await write("twig/package.json", JSON.stringify({ name: "twig", version: "1.0.0" }));
    spawnSync("npm", ["install", "--package-lock-only"], { cwd: clone });
  });

  test("is set up once; then the set-up is silent and changes nothing", async () => {
    expect(setup()).toMatchObject({ status: 0, stdout: expect.stringContaining("dependencies") });
    expect(JSON.parse(await read("node_modules/twig/package.json"))).toMatchObject({
      name: "twig",
    });
    const secrets = await read(".dev.vars");
    expect(setup()).toMatchObject({ status: 0, stdout: "", stderr: "" });
    expect(await read(".dev.vars")).toBe(secrets);
  });

  test("whose installation was interrupted gets a whole one", async () => {
    await write("node_modules/half/package.json", "{");
    expect(setup().status).toBe(0);
    await expect(read("node_modules/half/package.json")).rejects.toThrow("ENOENT");
    await read(INSTALLED);
  });

  test("whose lock file is newer than what is installed is installed anew", async () => {
    setup();
    const later = new Date(Date.now() + 60_000);
    await utimes(join(clone, "package-lock.json"), later, later);
    expect(setup().stdout).toContain("Installing the dependencies");
  });

  test("says so when npm cannot install", async () => {
    await write("package.json", "{");
    expect(setup()).toMatchObject({ status: 1, stderr: expect.stringContaining("could not") });
  });
});

describe("the secret", () => {
  test("is made where there is none, a new one for each clone, for its owner's eyes", async () => {
    setup();
    const first = await read(".dev.vars");
    expect((await stat(join(clone, ".dev.vars"))).mode & 0o777).toBe(0o600);
    await rm(join(clone, ".dev.vars"));
    setup();
    expect(first).toMatch(SECRET);
    expect(await read(".dev.vars")).not.toBe(first);
  });

  test.each(["", "OTHER=1", "OTHER=1\n", "TALLYMAN_SECRET=\n", "# TALLYMAN_SECRET=old\n"])(
    "is added to %j",
    async (text) => {
      await write(".dev.vars", text);
      setup();
      expect(await read(".dev.vars")).toMatch(SECRET);
      expect(await read(".dev.vars")).toContain(text);
    },
  );

  test("that is there is kept", async () => {
    await write(".dev.vars", "TALLYMAN_SECRET=mine\n");
    expect(setup().stdout).toBe("");
    expect(await read(".dev.vars")).toBe("TALLYMAN_SECRET=mine\n");
  });
});

describe("the browser", () => {
  const programs = () => join(clone, "bin");
  const isRoot = process.getuid?.() === 0;

  beforeEach(() => write(".dev.vars", "TALLYMAN_SECRET=mine\n"));

  async function program(name: string, script: string): Promise<string> {
    await write(`bin/${name}`, `#!/bin/sh\n${script}\n`);
    await chmod(join(programs(), name), 0o755);
    return join(programs(), name);
  }

  test("on the PATH is enough", async () => {
    await program("chromium", "");
    expect(setup({ PATH: programs() }, "browser")).toMatchObject({ status: 0, stdout: "" });
  });

  test("that CHROMIUM_PATH names is enough, and must be there", async () => {
    const mine = await program("mine", "");
    expect(setup({ PATH: "", CHROMIUM_PATH: mine }, "browser").status).toBe(0);
    const missing = setup({ CHROMIUM_PATH: `${mine}-not` }, "browser");
    expect(missing).toMatchObject({ status: 1, stderr: expect.stringContaining("CHROMIUM_PATH") });
  });

  test.runIf(isRoot)("comes from Debian, whose lists are fetched first", async () => {
    const copy = `/bin/cp "$0" ${programs()}/chromium`;
    await program("apt-get", `echo "$@"; [ $1 = update ] || ${copy}`);
    const { status, stdout } = setup({ PATH: programs() }, "browser");
    expect(status).toBe(0);
    expect(stdout).toMatch(/update[^]*install .*chromium/u);
  });

  test.runIf(isRoot)("that Debian does not give is asked of the user", async () => {
    await program("apt-get", "exit 100");
    const { status, stderr } = setup({ PATH: programs() }, "browser");
    expect(status).toBe(1);
    expect(stderr).toContain("need Chromium");
  });
});
