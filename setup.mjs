// Puts in place what a fresh clone lacks, and says nothing where nothing is missing.
// It runs before anything is installed: Node 20 has to understand it, without any dependency.
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { appendFileSync, existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { findChromium } from "./test/support/chromium.mjs";

/** npm writes this last, so an interrupted installation leaves it missing or old. */
const INSTALLED = "node_modules/.package-lock.json";
const SECRETS = ".dev.vars";
// Pages are measured in text, which a Debian without a desktop has no font for.
const BROWSER_PACKAGES = ["chromium", "fonts-liberation"];
const BROWSER_WANTED =
  "The tests need Chromium: install it, put it on the PATH or name it in CHROMIUM_PATH.";

process.chdir(fileURLToPath(new URL(".", import.meta.url)));
installDependencies();
makeSecret();
if (process.argv.includes("browser")) installBrowser();

function installDependencies() {
  if (existsSync(INSTALLED) && changedAt(INSTALLED) >= changedAt("package-lock.json")) return;
  console.log("Installing the dependencies (about half a minute) …");
  // npm takes a half-unpacked package for a whole one.
  rmSync("node_modules", { recursive: true, force: true });
  // Not `npm ci`: it refuses a lock file made on one platform for lacking the others' binaries.
  // --loglevel: the packages that want a newer Node get theirs from the package `node`.
  const done = run("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"]);
  if (!done) fail("npm could not install the dependencies: see its message above.");
}

function makeSecret() {
  const text = existsSync(SECRETS) ? readFileSync(SECRETS, "utf8") : "";
  if (/^\s*TALLYMAN_SECRET\s*=\s*\S/mu.test(text)) return;
  console.log(`Making the secret that signs tokens (TALLYMAN_SECRET in ${SECRETS}).`);
  const newline = text === "" || text.endsWith("\n") ? "" : "\n";
  const line = `${newline}TALLYMAN_SECRET=${randomBytes(32).toString("base64url")}\n`;
  appendFileSync(SECRETS, line, { mode: 0o600 });
}

function installBrowser() {
  if (findChromium()) return;
  if (process.env["CHROMIUM_PATH"]) fail("CHROMIUM_PATH names no program that can be run.");
  if (process.getuid?.() !== 0) fail(BROWSER_WANTED);
  console.log("Installing Chromium for the browser tests (apt-get) …");
  const install = ["install", "-y", "-qq", "--no-install-recommends", ...BROWSER_PACKAGES];
  const done = run("apt-get", ["update", "-qq"]) && run("apt-get", install);
  if (!done || !findChromium()) fail(BROWSER_WANTED);
}

/** @param {string} path */
function changedAt(path) {
  return statSync(path).mtimeMs;
}

/**
 * @param {string} program
 * @param {readonly string[]} parameters
 * @returns {boolean} did it succeed?
 */
function run(program, parameters) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  return (
    spawnSync(program, parameters, { stdio: ["ignore", "inherit", "inherit"], env }).status === 0
  );
}

/**
 * @param {string} sentence
 * @returns {never}
 */
function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}
