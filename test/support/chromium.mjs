import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/**
 * Where the browser of the tests is: what CHROMIUM_PATH names, else the first one on the PATH.
 * @returns {string | undefined} an absolute path; undefined where there is none
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
