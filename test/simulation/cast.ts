import type { matchFiles, Uploader, Watcher } from "../../client/index.ts";
import { loadWorker, type WorkerModule } from "./platform/worker-module.ts";

/** Address of the server, for pages. */
export const ENDPOINT = "https://tallyman.test";

/** The code under test. */
export interface Cast {
  worker: WorkerModule;
  Uploader: typeof Uploader;
  Watcher: typeof Watcher;
  matchFiles: typeof matchFiles;
}

/** Imports the code under test. Replace the globals first: modules may read them on import. */
export async function loadCast(): Promise<Cast> {
  const { matchFiles, Uploader, Watcher } = await import("../../client/index.ts");
  return { worker: await loadWorker(), Uploader, Watcher, matchFiles };
}
