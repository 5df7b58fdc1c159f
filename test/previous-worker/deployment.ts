import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { bundleWorker, moduleOptions, tallymanOptions } from "../../bench/workers.ts";
import { ROOT } from "../support/process-group.ts";

/** Today's Worker, or the bundle of an earlier one. */
export type Version = "today" | "before-formats" | "format-1";

/** Settings of all versions. */
const SETTINGS = { ACCESS: "open", RECORD_DAYS: "30" };

/** Bundles today's Worker. @returns a function that returns Miniflare's options for any version */
export async function versions() {
  const today = tallymanOptions(await bundleWorker());
  return (version: Version) => {
    const folder = join(ROOT, "test/previous-worker");
    const earlier = version === "today" ? {} : moduleOptions(folder, `${version}.js`);
    return { ...today, ...earlier, bindings: { ...today.bindings, ...SETTINGS } };
  };
}

type OptionsOf = Awaited<ReturnType<typeof versions>>;

/** A Worker of one version whose Durable Objects may be of another, as during a deployment. */
export class Deployment {
  readonly origin: string;
  readonly #miniflare: Miniflare;

  private constructor(miniflare: Miniflare, origin: string) {
    this.#miniflare = miniflare;
    this.origin = origin;
  }

  /** @param state folder for the data of R2 and of the objects */
  static async start(
    optionsOf: OptionsOf,
    state: string,
    { worker, objects }: { worker: Version; objects: Version },
  ): Promise<Deployment> {
    const workers = [edgeOptions(optionsOf(worker)), { ...optionsOf(objects), name: "objects" }];
    const options = { workers, resourcePersistencePath: state };
    const miniflare = new Miniflare(convertV4MiniflareOptions(options));
    const { origin } = await miniflare.unsafeGetDirectURL("edge");
    return new Deployment(miniflare, origin);
  }

  async stop(): Promise<void> {
    await this.#miniflare.dispose();
  }
}

function objectOf(className: string) {
  return { className, scriptName: "objects", useSQLite: true };
}

/** A Worker that uses the objects of another one. */
function edgeOptions(options: ReturnType<OptionsOf>) {
  const durableObjects = { BATCH: objectOf("Batch"), OWNER: objectOf("Owner") };
  return { ...options, name: "edge", durableObjects, unsafeDirectSockets: [{}] };
}

/** Returns a new folder for the data of a deployment, and a function that deletes it. */
export async function newState(): Promise<{ state: string; remove: () => Promise<void> }> {
  const state = await mkdtemp(join(tmpdir(), "tallyman-deployment-"));
  return { state, remove: () => rm(state, { recursive: true, force: true }) };
}
