import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/**
 * Finds the browser for the tests: the one that CHROMIUM_PATH names, or the first on the PATH.
 * @returns {string | undefined} its absolute path; undefined if there is none
 */
export function findChromium() {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const installed = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  const named = process.env["CHROMIUM_PATH"];
  return (named ? [named] : installed).find(isExecutable);
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
