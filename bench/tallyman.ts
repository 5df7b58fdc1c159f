import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Source, Uploader } from "../client/index.ts";
import type { Summary } from "../protocol/index.ts";
import { FrameCounter } from "./frames.ts";

/** The part of client/ that benches use. */
export interface ClientModule {
  Uploader: typeof Uploader;
}

/** Imports the client of another checkout. */
export async function loadClient(checkout: string): Promise<ClientModule> {
  const { href } = pathToFileURL(join(checkout, "client/index.ts"));
  const loaded: unknown = await import(href);
  if (isClientModule(loaded)) return loaded;
  throw new TypeError(`${href} does not export an Uploader.`);
}

function isClientModule(value: unknown): value is ClientModule {
  return typeof value === "object" && value !== null && "Uploader" in value;
}

/**
 * Uploads files and resolves when all of them are completed.
 *
 * @throws Error if a file fails
 */
export async function uploadFiles(
  client: ClientModule,
  endpoint: string,
  files: readonly Source[],
  concurrency: number,
): Promise<void> {
  await upload(new client.Uploader({ endpoint, concurrency }), files);
}

/**
 * Uploads files with this checkout's client, while a watcher of the batch is connected.
 *
 * @returns the number of frames that the watcher received
 */
export async function uploadWatched(
  endpoint: string,
  files: readonly Source[],
  concurrency: number,
): Promise<number> {
  const uploader = new Uploader({ endpoint, concurrency });
  const watching = watcherOf(uploader, endpoint);
  await upload(uploader, files);
  const watcher = await watching;
  watcher.close();
  return watcher.count;
}

async function upload(uploader: Uploader, files: readonly Source[]): Promise<void> {
  const completed = completionOf(uploader);
  uploader.add(files);
  const { failures } = await completed;
  uploader.dispose();
  if (failures.length > 0) throw new Error(`Failed files: ${JSON.stringify(failures)}`);
}

function completionOf(uploader: Uploader): Promise<Summary> {
  return new Promise((resolve, reject) => {
    uploader.on("completed", resolve);
    uploader.on("problem", ({ code, detail }) => reject(new Error(`${code}: ${detail}`)));
  });
}

/** Connects a watcher as soon as the batch exists. */
function watcherOf(uploader: Uploader, endpoint: string): Promise<FrameCounter> {
  return new Promise((resolve) => {
    uploader.on("files", () => {
      if (uploader.created) resolve(new FrameCounter(endpoint, uploader.created));
    });
  });
}
