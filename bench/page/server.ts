import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "vite";
import { moduleOptions, pageOptions, startWorkerd } from "../workers.ts";

/** Other uploaders that the page is compared with. */
export const PEERS = ["uppy", "dropzone", "filepond"] as const;

/** A plain list of the names, which the page's list is measured against. */
const REFERENCE = "reference";

const FOLDER = fileURLToPath(new URL("peers", import.meta.url));

/**
 * Builds a page for each of `PEERS`, and the reference. Installs them first, as only this bench needs them.
 *
 * @returns a temporary folder with the pages
 */
export async function buildPeers(): Promise<string> {
  if (!existsSync(join(FOLDER, "node_modules"))) await installPeers();
  const outDir = await mkdtemp(join(tmpdir(), "tallyman-peers-"));
  const input = [...PEERS, REFERENCE].map((name) => join(FOLDER, `${name}.html`));
  await build({
    root: FOLDER,
    configFile: false,
    logLevel: "warn",
    build: { outDir, emptyOutDir: true, rolldownOptions: { input }, chunkSizeWarningLimit: 2000 },
  });
  return outDir;
}

async function installPeers(): Promise<void> {
  console.log("Installing the other uploaders …");
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  await promisify(execFile)("npm", ["ci", ...quiet], { cwd: FOLDER });
}

/** Tallyman with its page, and the peers' pages with a Worker that stores their files, in one workerd. */
export interface PageServer {
  /** Address of Tallyman's page. */
  tallyman: string;
  /** Address below which the peers' pages are. */
  peers: string;
  /** Address of the reference. */
  reference: string;
  stop: () => Promise<void>;
}

/**
 * @param bundle folder of Tallyman's Worker
 * @param pages folder of the peers' pages
 */
export async function startPageServer(bundle: string, pages: string): Promise<PageServer> {
  const peers = {
    ...moduleOptions("bench/page", "peer-server.js"),
    name: "peers",
    compatibilityDate: "2026-11-01",
    r2Buckets: { BUCKET: "peers" },
    assets: { directory: pages, routerConfig: { has_user_worker: true } },
    unsafeDirectSockets: [{}],
  };
  const tallyman = { ...pageOptions(bundle), unsafeDirectSockets: [{}] };
  const { miniflare, stop } = await startWorkerd([tallyman, peers]);
  // A socket of each Worker's own: requests to Miniflare's address pass through another Worker.
  const originOf = async (name: string) => (await miniflare.unsafeGetDirectURL(name)).origin;
  const [ours, theirs] = [await originOf("tallyman"), await originOf("peers")];
  return { tallyman: ours, peers: theirs, reference: `${theirs}/${REFERENCE}`, stop };
}
