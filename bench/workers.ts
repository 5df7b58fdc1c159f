import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { startLatencyProxy, type LatencyProxy } from "./latency-proxy.ts";
import { DIRECT, type Route } from "./routes.ts";

// Between the lines of the table, where each secret came from is noise.
process.env["WRANGLER_LOG"] ??= "warn";

export type Side = "bare" | "tallyman";

/** Both Workers in one workerd, each with a bucket and (on disk) data of its own. */
export interface Workers {
  origins: Record<Side, string>;
  /** What is in the bucket of that side. */
  stored(side: Side): Promise<{ files: number; bytes: number }>;
  stop(): Promise<void>;
}

/** What begins with it is for the bare Worker, and all else for Tallyman. */
const BARE_PATH = "/bare";

/** Bundles the Worker as a deployment would be. @returns the folder with `index.js` */
export async function bundleWorker(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tallyman-bundle-"));
  await promisify(execFile)("wrangler", ["deploy", "--dry-run", "--outdir", folder]);
  return folder;
}

/** @param bundle the folder from `bundleWorker` */
export async function startWorkers(
  bundle: string,
  { roundTripMs, isDirect }: Route = DIRECT,
): Promise<Workers> {
  const data = await mkdtemp(join(tmpdir(), "tallyman-bench-"));
  const miniflare = new Miniflare(optionsOf(bundle, data));
  const lines: LatencyProxy[] = [];
  const originOf = async (side: Side) => {
    const { origin } = isDirect ? await miniflare.unsafeGetDirectURL(side) : await miniflare.ready;
    if (roundTripMs === 0) return origin;
    const line = await startLatencyProxy(origin, roundTripMs);
    lines.push(line);
    return line.origin;
  };
  return {
    origins: {
      bare: `${await originOf("bare")}${BARE_PATH}`,
      tallyman: await originOf("tallyman"),
    },
    stored: (side) => countObjects(miniflare, side),
    async stop() {
      await miniflare.dispose();
      await Promise.all(lines.map((line) => line.close()));
      await rm(data, { recursive: true, force: true });
    },
  };
}

/**
 * The Worker as wrangler.toml has it, for Miniflare, but without the page.
 *
 * @param bundle the folder from `bundleWorker`
 * @param vars instead of those in wrangler.toml
 */
export function workerOptions(bundle: string, vars: Readonly<Record<string, string>>) {
  const { workerOptions: configured } = unstable_getMiniflareWorkerOptions("wrangler.toml");
  // The page's files stand before a Worker as Workers of Miniflare's own, which hand each request on:
  // the bare one has none either.
  const { assets: _page, modulesRules: _rules, ...options } = configured;
  const bindings = Object.assign({}, options["bindings"], { LOG: "errors" }, vars);
  return { ...options, bindings, ...module(bundle, "index.js"), name: "tallyman" };
}

function optionsOf(bundle: string, data: string) {
  const bare = {
    ...module("bench", "bare-worker.js"),
    compatibilityDate: "2026-11-01",
    r2Buckets: { BUCKET: "bare" },
  };
  return convertV4MiniflareOptions({
    workers: [
      { ...workerOptions(bundle, {}), unsafeDirectSockets: [{}] },
      { ...bare, name: "bare", routes: [`*${BARE_PATH}/*`], unsafeDirectSockets: [{}] },
    ],
    resourcePersistencePath: data,
  });
}

function module(modulesRoot: string, file: string) {
  return { modulesRoot, modules: [{ type: "ESModule" as const, path: join(modulesRoot, file) }] };
}

async function countObjects(miniflare: Miniflare, side: Side) {
  const bucket = await miniflare.getR2Bucket("BUCKET", side);
  const found = { files: 0, bytes: 0 };
  let cursor: string | undefined;
  do {
    const page = await bucket.list(cursor === undefined ? {} : { cursor });
    found.files += page.objects.length;
    for (const object of page.objects) found.bytes += object.size;
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  return found;
}
