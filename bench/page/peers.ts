import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "vite";

const FOLDER = fileURLToPath(new URL("peers", import.meta.url));

export const PEERS = ["uppy", "dropzone", "filepond"] as const;

/**
 * Makes the other people's pages, with what they are made of: a clone that runs no bench has no need
 * of it.
 *
 * @returns the folder with a page for each of `PEERS`
 */
export async function buildPeers(): Promise<string> {
  if (!existsSync(join(FOLDER, "node_modules"))) await install();
  const outDir = await mkdtemp(join(tmpdir(), "tallyman-peers-"));
  const input = PEERS.map((name) => join(FOLDER, `${name}.html`));
  await build({
    root: FOLDER,
    configFile: false,
    logLevel: "warn",
    build: { outDir, emptyOutDir: true, rolldownOptions: { input }, chunkSizeWarningLimit: 2000 },
  });
  return outDir;
}

async function install(): Promise<void> {
  console.log("Installing the other uploaders …");
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  await promisify(execFile)("npm", ["ci", ...quiet], { cwd: FOLDER });
}
