import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { ROOT } from "../test/support/process-group.ts";
import { WORKER_ENTRY } from "../test/support/strict.ts";
import type { TcpProxy } from "../test/support/tcp-proxy.ts";
import { workerdPids } from "./processes.ts";
import { DIRECT, type Route, startLatencyProxy } from "./routes.ts";

// Otherwise Wrangler prints the source of each secret between the rows of the table.
process.env["WRANGLER_LOG"] ??= "warn";

export type Side = "bare" | "tallyman";

type Options = Extract<Parameters<typeof convertV4MiniflareOptions>[0], { workers: unknown }>;
type WorkerOptions = Options["workers"][number];

/** A workerd with one or more Workers. */
export interface Workerd {
  miniflare: Miniflare;
  /** NaN on systems without `/proc`. */
  pid: number;
  /** Stops it and deletes its data. */
  stop: () => Promise<void>;
}

/** Starts Workers in one workerd, with their data in a temporary folder. */
export async function startWorkerd(
  workers: WorkerOptions[],
  options: { inspectorPort?: number } = {},
): Promise<Workerd> {
  const data = await mkdtemp(join(tmpdir(), "tallyman-bench-"));
  const others = new Set(workerdPids());
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({ workers, resourcePersistencePath: data, ...options }),
  );
  await miniflare.ready;
  return {
    miniflare,
    pid: workerdPids().find((pid) => !others.has(pid)) ?? Number.NaN,
    async stop() {
      await miniflare.dispose();
      await rm(data, { recursive: true, force: true });
    },
  };
}

/**
 * Bundles a Worker as `wrangler deploy` does.
 *
 * @param checkout folder of the project: this one, or another checkout with its dependencies
 * @returns a temporary folder with `index.js`
 */
export async function bundleWorker(checkout = ROOT): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tallyman-bundle-"));
  const wrangler = join(checkout, "node_modules/.bin/wrangler");
  const entry = checkout === ROOT ? [WORKER_ENTRY] : [];
  const deploy = ["deploy", ...entry, "--dry-run", "--outdir", folder];
  await promisify(execFile)(wrangler, deploy, { cwd: checkout });
  return folder;
}

/** Variables and secrets that replace those of wrangler.toml, of this checkout and of older ones. */
const VARS = {
  LOG: "errors",
  ACCESS: "open",
  ALLOWED_ORIGINS: "*",
  TALLYMAN_SECRET: "signs-the-tokens-of-one-bench-only",
  GRANT_SECRET: "signs-the-grants-of-one-bench-only",
};

/**
 * Returns Miniflare's options for the Worker of wrangler.toml, with its page.
 *
 * @param bundle the folder from `bundleWorker`
 * @param checkout folder of the project whose wrangler.toml is read
 */
export function pageOptions(bundle: string, checkout = ROOT) {
  return withBundle(configuredOptions(checkout), bundle);
}

/**
 * Returns the same without the page. Miniflare serves a page by Workers of its own, through which
 * each request passes, and the bare Worker has none of them either.
 */
export function tallymanOptions(bundle: string, checkout = ROOT) {
  const { assets: _page, ...options } = configuredOptions(checkout);
  return withBundle(options, bundle);
}

/** Returns the same for a Worker whose calls are counted (see counting-worker.js). */
export async function countingOptions(bundle: string, checkout = ROOT) {
  const { modulesRoot, modules, ...options } = tallymanOptions(bundle, checkout);
  const entry = [
    'import * as bundled from "./index.js";',
    'import { countingWorker } from "./counting-worker.js";',
    "const { default: handler, Batch, Owner } = countingWorker(bundled);",
    "export { handler as default, Batch, Owner };",
  ];
  return { ...options, ...(await wrapped(modulesRoot, modules, "counting-worker.js", entry)) };
}

/** Returns options of both Workers, whose R2 responds after so many ms (see delayed-r2.js). */
export async function delayedOptions(bundle: string, r2DelayMs: number): Promise<WorkerOptions[]> {
  const { modulesRoot, modules, ...tallyman } = tallymanOptions(bundle);
  const objects = 'export { Batch, Owner } from "./index.js";';
  const entry = [...delayedEntry("index.js"), objects];
  const bare = bareOptions();
  return [
    {
      ...tallyman,
      ...(await wrapped(modulesRoot, modules, "delayed-r2.js", entry)),
      bindings: { ...tallyman.bindings, R2_DELAY_MS: r2DelayMs },
    },
    {
      ...bare,
      ...(await wrapped(
        bare.modulesRoot,
        bare.modules,
        "delayed-r2.js",
        delayedEntry("bare-worker.js"),
      )),
      bindings: { R2_DELAY_MS: r2DelayMs },
    },
  ];
}

/** Returns the entry of a Worker with a delayed R2. */
function delayedEntry(file: string): readonly string[] {
  return [
    `import handler from "./${file}";`,
    'import { withDelayedR2 } from "./delayed-r2.js";',
    "export default withDelayedR2(handler);",
  ];
}

/** Returns modules that begin with an entry, which imports the first of `modules` and a file of bench/. */
async function wrapped(
  modulesRoot: string,
  modules: ReturnType<typeof moduleOptions>["modules"],
  file: string,
  entry: readonly string[],
) {
  const module = (name: string, contents: string) => {
    return { type: "ESModule" as const, path: join(modulesRoot, name), contents };
  };
  const wrapper = module(file, await readFile(join(ROOT, "bench", file), "utf8"));
  return { modulesRoot, modules: [module("entry.js", entry.join("\n")), wrapper, ...modules] };
}

function configuredOptions(checkout: string) {
  const config = join(checkout, "wrangler.toml");
  const { workerOptions } = unstable_getMiniflareWorkerOptions(config);
  const { modulesRules: _rules, ...options } = workerOptions;
  return options;
}

function withBundle<Configured extends { bindings?: object }>(options: Configured, bundle: string) {
  const bindings = { ...options.bindings, ...VARS };
  return { ...options, bindings, ...moduleOptions(bundle, "index.js"), name: "tallyman" };
}

export function moduleOptions(modulesRoot: string, file: string) {
  return { modulesRoot, modules: [{ type: "ESModule" as const, path: join(modulesRoot, file) }] };
}

/** Tallyman and a bare Worker in one workerd, each with its own bucket. */
export interface Workers {
  origins: Record<Side, string>;
  /** Process id of workerd; NaN on systems without `/proc`. */
  pid: number;
  stored(side: Side): Promise<Stored>;
  stop: () => Promise<void>;
}

/** Requests whose path starts with this go to the bare Worker, all others to Tallyman. */
export const BARE_PATH = "/bare";

/** @param bundle the folder from `bundleWorker` */
export async function startWorkers(
  bundle: string,
  { roundTripMs, isDirect }: Route = DIRECT,
): Promise<Workers> {
  const { miniflare, pid, stop } = await startWorkerd([
    { ...tallymanOptions(bundle), unsafeDirectSockets: [{}] },
    bareOptions(),
  ]);
  const proxies: TcpProxy[] = [];
  const originOf = async (side: Side) => {
    const { origin } = isDirect ? await miniflare.unsafeGetDirectURL(side) : await miniflare.ready;
    if (roundTripMs === 0) return origin;
    const proxy = await startLatencyProxy(origin, roundTripMs);
    proxies.push(proxy);
    return proxy.origin;
  };
  return {
    origins: {
      bare: `${await originOf("bare")}${BARE_PATH}`,
      tallyman: await originOf("tallyman"),
    },
    pid,
    stored: (side) => countObjects(miniflare, side),
    async stop() {
      await Promise.all(proxies.map((proxy) => proxy.close()));
      await stop();
    },
  };
}

function bareOptions() {
  return {
    ...moduleOptions(join(ROOT, "bench"), "bare-worker.js"),
    name: "bare",
    compatibilityDate: "2026-11-01",
    r2Buckets: { BUCKET: "bare" },
    routes: [`*${BARE_PATH}/*`],
    unsafeDirectSockets: [{}],
  };
}

/** The objects in a bucket. */
export interface Stored {
  files: number;
  bytes: number;
}

/** Counts the objects in the bucket of a Worker. */
export async function countObjects(miniflare: Miniflare, worker: string): Promise<Stored> {
  const bucket = await miniflare.getR2Bucket("BUCKET", worker);
  const stored = { files: 0, bytes: 0 };
  let cursor: string | undefined;
  do {
    const page = await bucket.list(cursor === undefined ? {} : { cursor });
    stored.files += page.objects.length;
    for (const object of page.objects) stored.bytes += object.size;
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  return stored;
}
