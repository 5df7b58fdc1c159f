import type { matchFiles, Uploader, Watcher } from "../../client/index.ts";
import { loadWorker, type WorkerModule } from "./platform/worker-module.ts";

/** Where the server is, for pages. */
export const ENDPOINT = "https://tallyman.test";

/** The code under test. */
export interface Cast {
  worker: WorkerModule;
  Uploader: typeof Uploader;
  Watcher: typeof Watcher;
  matchFiles: typeof matchFiles;
}

/** Imports the code under test: only once the world around it is replaced. */
export async function loadCast(): Promise<Cast> {
  const { matchFiles, Uploader, Watcher } = await import("../../client/index.ts");
  return { worker: await loadWorker(), Uploader, Watcher, matchFiles };
}
