// Sets up what a clone lacks, and prints nothing if nothing is missing:
//   node setup.mjs            the packages, with a current Node among them, and .dev.vars
//   node setup.mjs build      also the page and the elements in site/dist
//   node setup.mjs browser    also Chromium for the tests
//   node setup.mjs clients    also the clients of test/clients
//   node setup.mjs prepare    only .dev.vars, when npm has installed the packages
// It runs before anything is installed: it uses no package, and nothing that Node 20 lacks.
import { spawn, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { findChromium } from "./test/support/chromium.mjs";

const LOCK = "package-lock.json";
/** npm's list of installed packages. npm writes it last, so an interrupted installation has none. */
const INSTALLED = "node_modules/.package-lock.json";
/** Options of npm. It warns about packages that need a newer Node: the package `node` is one. */
const QUIET = ["--no-audit", "--no-fund", "--loglevel=error"];
const CONFIG = "wrangler.toml";
/** Settings and secrets of local runs. Wrangler reads it for `wrangler dev` only. */
const LOCAL_SETTINGS = ".dev.vars";
/** The settings that open a local run. Those of wrangler.toml are for a deployment, and closed. */
const OPEN = {
  ACCESS: "open",
  ALLOWED_ORIGINS: "*",
  ANONYMOUS_FILES_PER_DAY: "0",
  ANONYMOUS_BYTES_PER_DAY: "0",
};

/**
 * SHA-256 of the Node that the package `node` installs, by platform. Its install script downloads it
 * without a digest of its own: the lock file has only that of the script.
 */
const NODE = {
  version: "24.21.0",
  digests: new Map([
    ["linux-x64", "7fde7b8afa198da66257f42ee2001d874c7355631e6d1579a5fb5ef1f246df4c"],
    ["linux-arm64", "0f8949d1028f6d61506b2d5bc57e7e6fe893d7b1997509b7847294fc9c616584"],
    ["win32-x64", "ba4e6d110e8c1592a1ecd390f6b05f3da124b13871a5be62b341a07a853c6c32"],
  ]),
};

/** Files and folders that the build reads. */
const SOURCES = ["site", "client", "protocol", "package.json", LOCK, "tsconfig.json"];
const BUILT = "site/dist";
/** Fingerprint of the sources and of the files that were built from them. */
const STAMP = "node_modules/.cache/tallyman/build";

/** Names the process that installs or builds. Two at a time would read each other's unfinished files. */
const RUNNING = ".wrangler/setup.lock";
const LOOK_MS = 200;

// The tests measure text, and a Debian without a desktop has no font.
const BROWSER_PACKAGES = ["chromium", "fonts-liberation"];
const BROWSER_MISSING =
  "The tests need Chromium: install it and put it on the PATH, or set CHROMIUM_PATH.";

/** Debian's packages of the clients in test/clients, and a command that succeeds once one is there. */
const CLIENTS = [
  { name: "curl", check: ["curl", "--version"] },
  { name: "jq", check: ["jq", "--version"] },
  { name: "openssl", check: ["openssl", "version"] },
  { name: "python3-requests", check: ["python3", "-c", "import requests"] },
  { name: "unzip", check: ["unzip", "-v"] },
  { name: "7zip", check: ["7zz", "i"] },
  { name: "aria2", check: ["aria2c", "--version"] },
  { name: "xxd", check: ["xxd", "-v"] },
  { name: "firefox-esr", check: ["firefox-esr", "--version"] },
  { name: "webkit2gtk-driver", check: ["WebKitWebDriver", "--help"] },
  // A screen for WebKit, which has no headless mode.
  { name: "xvfb", check: ["xvfb-run", "--help"] },
];

/** Folder of the clients for Node, which have packages of their own. */
const NODE_CLIENTS = "test/clients/node";

/** @type {readonly NodeJS.Signals[]} */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

process.chdir(fileURLToPath(new URL(".", import.meta.url)));
if (process.argv.includes("prepare")) prepare();
else await setUp();

/** npm runs this at the end of each installation. A build service has settings of its own. */
function prepare() {
  checkNode();
  const { CI, WORKERS_CI } = process.env;
  if (!CI && !WORKERS_CI) writeLocalSettings();
}

async function setUp() {
  await installPackages();
  writeLocalSettings();
  if (process.argv.includes("build")) await build();
  if (process.argv.includes("browser")) await installBrowser();
  if (process.argv.includes("clients")) await installClients();
}

/**
 * Does a part of the set-up that is not done, once no other process sets up this folder.
 * @param {() => boolean} isDone
 * @param {() => Promise<void>} act
 */
async function ensure(isDone, act) {
  if (isDone()) return;
  await waitForTurn();
  try {
    if (!isDone()) await act();
  } finally {
    rmSync(RUNNING, { force: true });
  }
}

async function waitForTurn() {
  mkdirSync(dirname(RUNNING), { recursive: true });
  if (takeTurn()) return;
  console.log(`Waiting for another set-up of this folder (${RUNNING} names its process) …`);
  while (!takeTurn()) await setTimeout(LOOK_MS);
}

/** @returns {boolean} false if another process runs; the file of one that was killed is removed */
function takeTurn() {
  try {
    writeFileSync(RUNNING, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    if (isRunning()) return false;
    rmSync(RUNNING, { force: true });
    return takeTurn();
  }
}

/** @returns {boolean} true if the process that RUNNING names is alive, or was a moment ago */
function isRunning() {
  try {
    // 0, this process's own group, while the file is being written.
    return process.kill(Number(readFileSync(RUNNING, "utf8")), 0);
  } catch (error) {
    // EPERM: another user's process. ENOENT: it has just ended.
    return codeOf(error) !== "ESRCH";
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function installPackages() {
  return ensure(() => isInstalled("."), ciPackages);
}

async function ciPackages() {
  console.log("Installing the packages with npm ci (about half a minute) …");
  const installed = await run("npm", ["ci", ...QUIET]);
  if (!installed) fail("npm could not install the packages: see its message above.");
  checkNode();
}

/** Removes a Node that is not the expected one, before anything else runs with it. */
function checkNode() {
  const folder = "node_modules/node/bin";
  const path = [`${folder}/node.exe`, `${folder}/node`].find((each) => existsSync(each));
  if (path === undefined) return;
  const platform = `${process.platform}-${process.arch}`;
  const expected = NODE.digests.get(platform);
  if (expected === undefined) {
    console.warn(`The digest of Node ${NODE.version} for ${platform} is not known: not checked.`);
    return;
  }
  const digest = createHash("sha256").update(readFileSync(path)).digest("hex");
  if (digest === expected) return;
  rmSync(path);
  rmSync(INSTALLED, { force: true });
  fail(`${path} had the SHA-256 ${digest} instead of ${expected} and was removed.`);
}

/**
 * @param {string} folder a folder with a lock file
 * @returns {boolean} true if its node_modules holds the packages of the lock file
 */
function isInstalled(folder) {
  const list = `${folder}/${INSTALLED}`;
  if (!existsSync(list)) return false;
  const installed = packagesIn(list);
  return Object.entries(packagesIn(`${folder}/${LOCK}`)).every(([path, { version, optional }]) => {
    const found = installed[path];
    // The packages of other platforms are optional. "" is the project itself.
    return found ? found.version === version : optional === true || path === "";
  });
}

/** @param {string} path */
function packagesIn(path) {
  /** @type {unknown} */
  const lock = JSON.parse(readFileSync(path, "utf8"));
  return isLock(lock) ? lock.packages : {};
}

/**
 * @param {unknown} value
 * @returns {value is { packages: Record<string, { version?: string; optional?: boolean }> }}
 */
function isLock(value) {
  return value instanceof Object && "packages" in value;
}

/** Adds what the file of local settings lacks. Settings that it has remain as they are. */
function writeLocalSettings() {
  const text = existsSync(LOCAL_SETTINGS) ? readFileSync(LOCAL_SETTINGS, "utf8") : "";
  const missing = Object.entries({ ...OPEN, ...newSecrets() }).filter(
    ([name]) => !hasValue(text, name),
  );
  if (missing.length === 0) return;
  console.log(`Adding ${missing.map(([name]) => name).join(", ")} to ${LOCAL_SETTINGS}.`);
  const newline = text === "" || text.endsWith("\n") ? "" : "\n";
  const lines = missing.map(([name, value]) => `${name}=${value}\n`);
  appendFileSync(LOCAL_SETTINGS, newline + lines.join(""), { mode: 0o600 });
}

/**
 * A value ends with its line: those of .dev.vars.example are empty.
 * @param {string} settings
 * @param {string} name
 */
function hasValue(settings, name) {
  const setting = String.raw`^\s*(?:export\s+)?${name}[^\S\n]*=[^\S\n]*(?!""|'')[^\s#]`;
  return new RegExp(setting, "mu").test(settings);
}

/** Returns a random value for each secret: Wrangler drops secrets that wrangler.toml doesn't require. */
function newSecrets() {
  const [, required = ""] = /^required = \[([^\]]*)\]$/mu.exec(readFileSync(CONFIG, "utf8")) ?? [];
  const names = Array.from(required.matchAll(/"(\w+)"/gu), ([, name = ""]) => name);
  return Object.fromEntries(names.map((name) => [name, newSecret(name)]));
}

/** @param {string} name */
function newSecret(name) {
  const bytes = randomBytes(32);
  // The format of Standard Webhooks.
  if (name === "WEBHOOK_SECRET") return `whsec_${bytes.toString("base64")}`;
  return bytes.toString("base64url");
}

/** Nothing shows later that files are stored outside the jurisdiction of their batches, or the reverse. */
function checkJurisdiction() {
  const config = readFileSync(CONFIG, "utf8");
  const [objects, bucket] = ["JURISDICTION", "jurisdiction"].map((name) => {
    const [, value = ""] = new RegExp(`^${name}\\s*=\\s*["']([^"']*)`, "mu").exec(config) ?? [];
    return value;
  });
  if (objects === bucket) return;
  fail(
    `JURISDICTION in ${CONFIG} is "${objects}", and jurisdiction of its [[r2_buckets]] is "${bucket}": set both to the same.`,
  );
}

async function build() {
  checkJurisdiction();
  await ensure(isBuilt, buildPage);
}

function isBuilt() {
  return existsSync(STAMP) && readFileSync(STAMP, "utf8") === fingerprint();
}

async function buildPage() {
  console.log("Building the page (a few seconds) …");
  // --ignore-scripts: `prebuild` would run this file a second time.
  // NODE_ENV: Vitest sets it to "test" for the tests that start the server, and Vite then builds for
  // development.
  const env = { NODE_ENV: "production" };
  const built = await run("npm", ["run", "--silent", "--ignore-scripts", "build"], env);
  if (!built) fail("The page could not be built: see the message above.");
  mkdirSync(dirname(STAMP), { recursive: true });
  writeFileSync(STAMP, fingerprint());
}

/** Hashes contents rather than times, so that switching to another branch and back needs no build. */
function fingerprint() {
  const hash = createHash("sha256");
  for (const path of [...SOURCES.flatMap(filesIn), ...filesIn(BUILT)]) {
    const content = readFileSync(path);
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

/**
 * @param {string} path
 * @returns {string[]} the file itself, or all files of the folder without tests and build results
 */
function filesIn(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  const entries = readdirSync(path).map((name) => `${path}/${name}`);
  const sources = entries.filter((entry) => entry !== BUILT && !/\.test\.tsx?$/u.test(entry));
  return sources.toSorted().flatMap(filesIn);
}

async function installBrowser() {
  if (findChromium()) return;
  if (process.env["CHROMIUM_PATH"]) fail("CHROMIUM_PATH does not name an executable file.");
  if (process.getuid?.() !== 0) fail(BROWSER_MISSING);
  console.log("Installing Chromium for the browser tests with apt-get …");
  const install = ["install", "-y", "-qq", "--no-install-recommends", ...BROWSER_PACKAGES];
  const installed = (await run("apt-get", ["update", "-qq"])) && (await run("apt-get", install));
  if (!installed || !findChromium()) fail(BROWSER_MISSING);
}

async function installClients() {
  await installNodeClients();
  const missing = CLIENTS.filter(isMissing).map(({ name }) => name);
  if (missing.length === 0) return;
  if (process.getuid?.() === 0) {
    console.log(`Installing ${missing.join(", ")} for the tests of other clients with apt-get …`);
    const install = ["install", "-y", "-qq", "--no-install-recommends", ...missing];
    if (await run("apt-get", ["update", "-qq"])) await run("apt-get", install);
  }
  const still = CLIENTS.filter(isMissing).map(({ name }) => name);
  if (still.length > 0) fail(`The tests of other clients need ${still.join(", ")}: install it.`);
}

function installNodeClients() {
  return ensure(() => isInstalled(NODE_CLIENTS), ciNodeClients);
}

async function ciNodeClients() {
  console.log("Installing the clients for Node with npm ci …");
  const installed = await run("npm", ["ci", "--prefix", NODE_CLIENTS, ...QUIET]);
  if (!installed) fail("npm could not install the clients for Node: see its message above.");
}

/** @param {{ check: string[] }} client */
function isMissing({ check: [program = "", ...args] }) {
  return spawnSync(program, args).status !== 0;
}

/**
 * Runs a program in a process group of its own. A signal that arrives meanwhile ends the whole group
 * before it ends this process: a killed npm leaves the programs running that it has started.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {Readonly<Record<string, string>>} [env] additional variables
 * @returns {Promise<boolean>} true if the program succeeded
 */
async function run(program, args, env = {}) {
  /** @type {NodeJS.Signals | undefined} */
  let received;
  /** @param {NodeJS.Signals} signal */
  const stop = (signal) => {
    received = signal;
    signalGroup(child, "SIGTERM");
  };
  // Before the start: a signal of that moment would end only this process.
  for (const signal of SIGNALS) process.on(signal, stop);
  const child = spawn(program, args, {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", ...env },
    detached: true,
  });
  const succeeded = await once(child, "exit").then(
    ([code]) => code === 0,
    () => false,
  );
  for (const signal of SIGNALS) process.off(signal, stop);
  if (received !== undefined) {
    signalGroup(child, "SIGKILL");
    process.kill(process.pid, received);
  }
  return succeeded;
}

/**
 * @param {import("node:child_process").ChildProcess} leader
 * @param {NodeJS.Signals} signal
 */
function signalGroup({ pid }, signal) {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // The whole group has ended.
  }
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(message);
  process.exit(1);
}
