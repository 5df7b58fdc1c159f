import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions } from "wrangler";

/** Tallyman with its page, and what the other pages come from and upload to, in one workerd. */
export interface PageServer {
  /** Where Tallyman's page is. */
  tallyman: string;
  /** Where the other pages are. */
  peers: string;
  stop(): Promise<void>;
}

/**
 * @param bundle folder of Tallyman's Worker
 * @param pages folder of the other pages
 */
export async function startPageServer(bundle: string, pages: string): Promise<PageServer> {
  const data = await mkdtemp(join(tmpdir(), "tallyman-bench-"));
  const miniflare = new Miniflare(optionsOf(bundle, pages, data));
  // Straight into the Worker: the address that Miniflare itself listens on leads through its proxy.
  const originOf = async (name: string) => (await miniflare.unsafeGetDirectURL(name)).origin;
  return {
    tallyman: await originOf("tallyman"),
    peers: await originOf("peers"),
    async stop() {
      await miniflare.dispose();
      await rm(data, { recursive: true, force: true });
    },
  };
}

function optionsOf(bundle: string, pages: string, data: string) {
  const { workerOptions } = unstable_getMiniflareWorkerOptions("wrangler.toml");
  const { modulesRules: _rules, ...options } = workerOptions;
  const bindings = Object.assign({}, options["bindings"], { LOG: "errors" });
  const tallyman = { ...options, bindings, ...module(bundle, "index.js") };
  const peers = {
    ...module("bench/page", "peer-server.js"),
    compatibilityDate: "2026-11-01",
    r2Buckets: { BUCKET: "peers" },
    assets: { directory: pages, routerConfig: { has_user_worker: true } },
  };
  return convertV4MiniflareOptions({
    workers: [
      { ...tallyman, name: "tallyman", unsafeDirectSockets: [{}] },
      { ...peers, name: "peers", unsafeDirectSockets: [{}] },
    ],
    resourcePersistencePath: data,
  });
}

function module(modulesRoot: string, file: string) {
  return { modulesRoot, modules: [{ type: "ESModule" as const, path: join(modulesRoot, file) }] };
}
