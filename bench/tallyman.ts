import type { Summary } from "../protocol/index.ts";
import { Uploader, type Source } from "../client/index.ts";
import { FrameCounter } from "./frames.ts";

/**
 * Uploads to Tallyman with its own client, until every file is completed.
 * @param concurrency requests in flight
 * @returns how many frames a watcher got who was there from the start
 */
export async function uploadTallyman(
  endpoint: string,
  files: readonly Source[],
  concurrency: number,
): Promise<number> {
  const uploader = new Uploader({ endpoint, concurrency });
  const watching = watcherOf(uploader, endpoint);
  const completed = completionOf(uploader);
  uploader.add(files);
  const { failures } = await completed;
  const watcher = await watching;
  uploader.dispose();
  watcher.close();
  if (failures.length > 0) throw new Error(`Not uploaded: ${JSON.stringify(failures)}`);
  return watcher.count;
}

function watcherOf(uploader: Uploader, endpoint: string): Promise<FrameCounter> {
  return new Promise((resolve) => {
    uploader.on("files", () => {
      if (uploader.created) resolve(new FrameCounter(endpoint, uploader.created));
    });
  });
}

function completionOf(uploader: Uploader): Promise<Summary> {
  return new Promise((resolve, reject) => {
    uploader.on("completed", resolve);
    uploader.on("problem", ({ code, detail }) => reject(new Error(`${code}: ${detail}`)));
  });
}
