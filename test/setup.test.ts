import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, cp, mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import * as v from "valibot";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const INSTALLED = "node_modules/.package-lock.json";
const SECRET = /^TALLYMAN_SECRET=[\w-]{43}$/mu;
const GRANT_SECRET = /^GRANT_SECRET=[\w-]{43}$/mu;
const UNLIMITED = "ANONYMOUS_FILES_PER_DAY=0\nANONYMOUS_BYTES_PER_DAY=0\n";
const OPEN = `ACCESS=open\nALLOWED_ORIGINS=*\n${UNLIMITED}`;
const OWN_SECRETS =
  "TALLYMAN_SECRET=mine\nGRANT_SECRET=shared\nOPERATOR_SECRET=ours\nRECEIPT_KEYS=own\nWEBHOOK_SECRET=whsec_own\n";
const OWN_SETTINGS = OPEN + OWN_SECRETS;

let clone: string;

/** A clone that holds nothing but the set-up, and that needs no packages. */
beforeEach(async () => {
  clone = await mkdtemp(join(tmpdir(), "tallyman-setup-"));
  for (const path of ["setup.mjs", "wrangler.toml", "test/support/chromium.mjs"])
    await cp(path, join(clone, path));
  await write("package-lock.json", "{}");
  await write(INSTALLED, "{}");
});

afterEach(() => rm(clone, { recursive: true, force: true }));

async function write(path: string, content: string): Promise<void> {
  await mkdir(dirname(join(clone, path)), { recursive: true });
  await writeFile(join(clone, path), content);
}

function read(path: string): Promise<string> {
  return readFile(join(clone, path), "utf8");
}

function setup(env: Record<string, string> = {}, ...args: string[]) {
  return spawnSync(process.execPath, ["setup.mjs", ...args], {
    cwd: clone,
    encoding: "utf8",
    env: { ...process.env, CHROMIUM_PATH: "", ...env },
  });
}

/** Starts a set-up that builds, and doesn't wait for its end. */
function startBuild() {
  const env = { ...process.env, CHROMIUM_PATH: "" };
  const running = spawn(process.execPath, ["setup.mjs", "build"], { cwd: clone, env });
  let printed = "";
  running.stdout.on("data", (data) => void (printed += String(data)));
  return {
    exit: once(running, "exit"),
    prints: (line: string) => expect.poll(() => printed).toContain(line),
  };
}

const programs = () => join(clone, "bin");

/** Writes an executable for the clone's PATH. Returns its path. */
async function program(name: string, script: string): Promise<string> {
  await write(`bin/${name}`, `#!/bin/sh\n${script}\n`);
  await chmod(join(programs(), name), 0o755);
  return join(programs(), name);
}

describe("in a fresh clone", () => {
  // With a dependency that needs no network.
  beforeEach(async () => {
    await rm(join(clone, "node_modules"), { recursive: true });
    await rm(join(clone, "package-lock.json"));
    await write("package.json", JSON.stringify({ dependencies: { twig: "file:twig" } }));
    await write("twig/package.json", JSON.stringify({ name: "twig", version: "1.0.0" }));
    spawnSync("npm", ["install", "--package-lock-only"], { cwd: clone });
  });

  test("set-up installs the packages; a second set-up prints and changes nothing", async () => {
    expect(setup()).toMatchObject({ status: 0, stdout: expect.stringContaining("the packages") });
    const installed = JSON.parse(await read("node_modules/twig/package.json"));
    expect(installed).toMatchObject({ name: "twig" });
    const secrets = await read(".dev.vars");
    expect(setup()).toMatchObject({ status: 0, stdout: "", stderr: "" });
    expect(await read(".dev.vars")).toBe(secrets);
  });

  test("set-up removes a Node whose digest is not the expected one", async () => {
    const dependencies = { node: "file:node" };
    await write("package.json", JSON.stringify({ dependencies }));
    await write("node/package.json", JSON.stringify({ name: "node", version: "24.21.0" }));
    await write("node/bin/node", "not Node");
    spawnSync("npm", ["install", "--package-lock-only"], { cwd: clone });
    const { status, stderr } = setup();
    expect(status).toBe(1);
    expect(stderr).toMatch(/^node_modules\/node\/bin\/node had the SHA-256 [0-9a-f]{64} instead/mu);
    await expect(read("node/bin/node")).rejects.toThrow("ENOENT");
    await expect(read(INSTALLED)).rejects.toThrow("ENOENT");
  });

  test("set-up replaces an interrupted installation", async () => {
    await write("node_modules/half/package.json", "{");
    expect(setup().status).toBe(0);
    await expect(read("node_modules/half/package.json")).rejects.toThrow("ENOENT");
    await read(INSTALLED);
  });

  test("set-up installs again if the lock file names another version", async () => {
    setup();
    await write("twig/package.json", JSON.stringify({ name: "twig", version: "1.0.1" }));
    await write("package-lock.json", (await read("package-lock.json")).replace("1.0.0", "1.0.1"));
    expect(setup().stdout).toContain("Installing the packages");
    expect(setup().stdout).toBe("");
  });

  test("set-up installs nothing if only the lock file's time has changed", async () => {
    setup();
    const later = new Date(Date.now() + 60_000);
    await utimes(join(clone, "package-lock.json"), later, later);
    expect(setup().stdout).toBe("");
  });

  test("set-up reports that npm failed", async () => {
    await write("package.json", "{");
    expect(setup()).toMatchObject({ status: 1, stderr: expect.stringContaining("could not") });
  });
});

test("packages for other platforms may be missing", async () => {
  const other = { "node_modules/other": { version: "1.0.0", optional: true } };
  await write("package-lock.json", JSON.stringify({ packages: { "": {}, ...other } }));
  await write(INSTALLED, JSON.stringify({ packages: {} }));
  expect(setup().stdout).not.toContain("Installing");
});

describe("the local settings", () => {
  test("are open, with a secret for each that wrangler.toml requires", async () => {
    const config = await read("wrangler.toml");
    await write("wrangler.toml", config.replace("required = [", 'required = ["NEW_SECRET", '));
    setup();
    const lines = (await read(".dev.vars")).trim().split("\n");
    expect(lines.slice(0, 4)).toEqual(OPEN.trim().split("\n"));
    for (const name of [
      "NEW_SECRET",
      "TALLYMAN_SECRET",
      "GRANT_SECRET",
      "OPERATOR_SECRET",
      "RECEIPT_KEYS",
    ])
      expect(lines).toContainEqual(expect.stringMatching(`^${name}=[\\w-]{43}$`));
  });

  test("have secrets that differ between clones, and only their owner can read them", async () => {
    setup();
    const first = await read(".dev.vars");
    expect((await stat(join(clone, ".dev.vars"))).mode & 0o777).toBe(0o600);
    await rm(join(clone, ".dev.vars"));
    setup();
    expect(first).toMatch(SECRET);
    expect(first).toMatch(GRANT_SECRET);
    expect(await read(".dev.vars")).not.toBe(first);
  });

  test.each(["", "OTHER=1", "OTHER=1\n", "TALLYMAN_SECRET=\n", "# TALLYMAN_SECRET=old\n"])(
    "are appended to %j",
    async (content) => {
      await write(".dev.vars", content);
      setup();
      expect(await read(".dev.vars")).toMatch(SECRET);
      expect(await read(".dev.vars")).toMatch(GRANT_SECRET);
      expect(await read(".dev.vars")).toContain(content);
    },
  );

  test.each(['""', "''", "# to be set", " "])("replace the empty value %j", async (empty) => {
    await write(".dev.vars", `GRANT_SECRET=${empty}\nTALLYMAN_SECRET=mine\n`);
    setup();
    expect(await read(".dev.vars")).toMatch(GRANT_SECRET);
    expect(await read(".dev.vars")).not.toMatch(SECRET);
  });

  test("are completed in a copy of the example, whose values are empty", async () => {
    await write(".dev.vars", await readFile(".dev.vars.example", "utf8"));
    setup();
    for (const [line] of OWN_SECRETS.matchAll(/^\w+=/gmu))
      expect(await read(".dev.vars")).toMatch(new RegExp(`^${line}\\S{40,}$`, "mu"));
  });

  test("stay if they are set already", async () => {
    const own = `export ACCESS=grant\nALLOWED_ORIGINS = "https://app.test"\n${UNLIMITED}${OWN_SECRETS}`;
    await write(".dev.vars", own);
    expect(setup().stdout).toBe("");
    expect(await read(".dev.vars")).toBe(own);
  });

  test("are completed by those that are missing", async () => {
    await write(".dev.vars", "TALLYMAN_SECRET=mine\nACCESS=grant\n");
    setup();
    expect(await read(".dev.vars")).toMatch(
      /^TALLYMAN_SECRET=mine\nACCESS=grant\nALLOWED_ORIGINS=\*\nANONYMOUS_FILES_PER_DAY=0\nANONYMOUS_BYTES_PER_DAY=0\nGRANT_SECRET=[\w-]{43}\nOPERATOR_SECRET=[\w-]{43}\nRECEIPT_KEYS=[\w-]{43}\nWEBHOOK_SECRET=whsec_[\w+/]{43}=\n$/u,
    );
  });

  test("are part of npm's installations, except on a build service", async () => {
    // npm has not finished then, so nothing else may run.
    await rm(join(clone, INSTALLED));
    const outside = { CI: "", WORKERS_CI: "" };
    for (const service of [{ CI: "true" }, { WORKERS_CI: "1" }]) {
      expect(setup({ ...outside, ...service }, "prepare")).toMatchObject({ status: 0, stdout: "" });
      await expect(read(".dev.vars")).rejects.toThrow("ENOENT");
    }
    expect(setup(outside, "prepare")).toMatchObject({ status: 0, stderr: "" });
    expect(await read(".dev.vars")).toContain(OPEN);
    await expect(read(INSTALLED)).rejects.toThrow("ENOENT");
  });

  test("are created by set-up itself on a build service", async () => {
    setup({ CI: "true" });
    expect(await read(".dev.vars")).toContain(OPEN);
  });

  test("have an example that names the secrets only", async () => {
    const example = await readFile(".dev.vars.example", "utf8");
    const [, required = ""] = /^required = (\[.*\])$/mu.exec(await read("wrangler.toml")) ?? [];
    const secrets: string[] = JSON.parse(required);
    expect(example.match(/^\w+=.*$/gmu)).toEqual(secrets.map((name) => `${name}=`));
  });
});

describe("the build", () => {
  const build = () => setup({}, "build");
  let first: ReturnType<typeof build>;

  beforeEach(async () => {
    await write(".dev.vars", OWN_SETTINGS);
    await write("package.json", JSON.stringify({ scripts: { build: "sh build.sh" } }));
    await write("build.sh", "mkdir -p site/dist && cat site/page client/* > site/dist/page");
    await write("site/page", "page");
    await write("client/index.ts", "client");
    await write("client/index.test.ts", "test");
    first = build();
  });

  test("runs once", async () => {
    expect(first).toMatchObject({ status: 0, stdout: expect.stringContaining("Building") });
    expect(await read("site/dist/page")).toContain("page");
    expect(build()).toMatchObject({ status: 0, stdout: "", stderr: "" });
  });

  test.each([
    ["a source changes", () => write("client/index.ts", "changed")],
    ["a source is removed", () => rm(join(clone, "client/index.ts"))],
    ["a source is added", () => write("protocol/states.ts", "states")],
    ["the lock file changes", () => write("package-lock.json", '{"packages":{}}')],
    ["a built file changes", () => write("site/dist/page", "changed")],
    ["the built files are removed", () => rm(join(clone, "site/dist"), { recursive: true })],
  ])("runs again if %s", async (_, change) => {
    await change();
    expect(build().stdout).toContain("Building");
    expect(build().stdout).toBe("");
  });

  test("does not run again if only a test or a time has changed", async () => {
    await write("client/index.test.ts", "changed");
    const later = new Date(Date.now() + 60_000);
    await utimes(join(clone, "site/page"), later, later);
    expect(build().stdout).toBe("");
  });

  test.each([
    ["eu", "", 1],
    ["", "eu", 1],
    ["eu", "fedramp", 1],
    ["eu", "eu", 0],
  ])(
    "with the jurisdiction %j for objects and %j for the bucket, ends with %i",
    async (objects, bucket, status) => {
      const entry = bucket === "" ? "" : `\njurisdiction = "${bucket}"`;
      const config = (await read("wrangler.toml"))
        .replace('JURISDICTION = ""', `JURISDICTION = "${objects}"`)
        .replace('binding = "BUCKET"', (line) => line + entry);
      await write("wrangler.toml", config);
      const ended = build();
      expect(ended.status).toBe(status);
      const message = `JURISDICTION in wrangler.toml is "${objects}", and jurisdiction of its [[r2_buckets]] is "${bucket}"`;
      expect(ended.stderr.includes(message)).toBe(status === 1);
    },
  );

  test("runs once if two set-ups need it at the same time", async () => {
    await write("site/page", "changed");
    await write(
      "build.sh",
      "echo begun >> builds; until [ -e go ]; do sleep 0.1; done; mkdir -p site/dist",
    );
    const one = startBuild();
    await one.prints("Building");
    await expect.poll(() => read("builds").catch(() => "")).toBe("begun\n");
    const other = startBuild();
    await other.prints("Waiting for another set-up");
    await write("go", "");
    expect([await one.exit, await other.exit]).toEqual([
      [0, null],
      [0, null],
    ]);
    expect(await read("builds")).toBe("begun\n");
  });

  test("does not wait for a set-up that was killed", async () => {
    const killed = spawnSync(process.execPath, ["--version"]).pid;
    await write(".wrangler/setup.lock", String(killed));
    await write("site/page", "changed");
    expect(build()).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Building/u) });
    await expect(read(".wrangler/setup.lock")).rejects.toThrow("ENOENT");
  });

  test("reports its failure, and runs again next time", async () => {
    await write("site/page", "changed");
    await write("build.sh", "exit 1");
    const failed = { status: 1, stderr: expect.stringContaining("could not be built") };
    expect(build()).toMatchObject(failed);
    expect(build()).toMatchObject(failed);
  });
});

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s during set-up ends it with every process that it has started, and prints nothing",
  async (signal) => {
    await rm(join(clone, INSTALLED));
    await program("npm", "echo started; sleep 100000 & sleep 100000");
    const path = [programs(), process.env["PATH"]].join(delimiter);
    const running = spawn(process.execPath, ["setup.mjs"], {
      cwd: clone,
      env: { ...process.env, PATH: path },
    });
    const errors = text(running.stderr);
    const started = new Promise<void>((resolve) => {
      running.stdout.on("data", (printed) => {
        if (String(printed).includes("started")) resolve();
      });
    });
    await started;
    running.kill(signal);
    // "close" comes when no process holds the output any more.
    expect(await once(running, "close")).toEqual([null, signal]);
    expect(await errors).toBe("");
  },
);

describe("the browser", () => {
  const isRoot = process.getuid?.() === 0;

  beforeEach(() => write(".dev.vars", OWN_SETTINGS));

  test("may be any Chromium on the PATH", async () => {
    await program("chromium", "");
    expect(setup({ PATH: programs() }, "browser")).toMatchObject({ status: 0, stdout: "" });
  });

  test("may be set with CHROMIUM_PATH, which must name an executable file", async () => {
    const mine = await program("mine", "");
    expect(setup({ PATH: "", CHROMIUM_PATH: mine }, "browser").status).toBe(0);
    const missing = setup({ CHROMIUM_PATH: `${mine}-not` }, "browser");
    expect(missing).toMatchObject({ status: 1, stderr: expect.stringContaining("CHROMIUM_PATH") });
  });

  test.runIf(isRoot)("is installed with apt-get after an update of its lists", async () => {
    const copy = `/bin/cp "$0" ${programs()}/chromium`;
    await program("apt-get", `echo "$@"; [ $1 = update ] || ${copy}`);
    const { status, stdout } = setup({ PATH: programs() }, "browser");
    expect(status).toBe(0);
    expect(stdout).toMatch(/update[^]*install .*chromium/u);
  });

  test.runIf(isRoot)("has to be installed by hand if apt-get fails", async () => {
    await program("apt-get", "exit 100");
    const { status, stderr } = setup({ PATH: programs() }, "browser");
    expect(status).toBe(1);
    expect(stderr).toContain("need Chromium");
  });

  test("has to be installed by hand where there is no apt-get", () => {
    const { status, stderr } = setup({ PATH: programs() }, "browser");
    expect(status).toBe(1);
    expect(stderr).toContain("need Chromium");
  });
});

describe("the clients of other people, and the browsers", () => {
  const isRoot = process.getuid?.() === 0;

  beforeEach(async () => {
    await write(".dev.vars", OWN_SETTINGS);
    for (const path of ["package-lock.json", INSTALLED])
      await write(`test/clients/node/${path}`, "{}");
  });

  const PROGRAMS =
    "curl jq openssl python3 unzip 7zz aria2c xxd firefox-esr WebKitWebDriver xvfb-run";

  test("are not installed if they are there", async () => {
    for (const name of PROGRAMS.split(" ")) await program(name, "");
    expect(setup({ PATH: programs() }, "clients")).toMatchObject({ status: 0, stdout: "" });
  });

  test.runIf(isRoot)("are installed with apt-get", async () => {
    const empty = await program("empty", "");
    const copies = PROGRAMS.split(" ").map((name) => `/bin/cp ${empty} ${programs()}/${name}`);
    await program("apt-get", `echo "$@"; [ "$1" = update ] || { ${copies.join("; ")}; }`);
    const { status, stdout } = setup({ PATH: programs() }, "clients");
    expect([status, stdout]).toEqual([
      0,
      expect.stringMatching(/update[^]*install .*firefox-esr webkit2gtk-driver xvfb/u),
    ]);
  });

  test.runIf(isRoot)("have to be installed by hand if apt-get fails", async () => {
    await program("apt-get", "exit 100");
    const { status, stderr } = setup({ PATH: programs() }, "clients");
    expect([status, stderr]).toEqual([
      1,
      expect.stringContaining("firefox-esr, webkit2gtk-driver, xvfb"),
    ]);
  });
});

const Manifest = v.object({ scripts: v.record(v.string(), v.string()) });

test("every npm script sets up what is missing first", async () => {
  const { scripts } = v.parse(Manifest, JSON.parse(await readFile("package.json", "utf8")));
  const names = Object.keys(scripts).filter((name) => !name.startsWith("pre"));
  const expected = names.map((name) => `pre${name}: ${scripts[`pre${name}`]}`);
  expect(names).toContain("start");
  expect(scripts["prepare"]).toBe("node setup.mjs prepare");
  for (const line of expected) expect(line).toMatch(/: node setup\.mjs\b/u);
});
