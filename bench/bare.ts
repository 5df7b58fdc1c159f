import { transport } from "#transport";
import type { Source } from "../client/index.ts";

/**
 * Uploads to the bare Worker, one request a file.
 * @param lanes requests in flight
 * @returns how many frames a watcher got: there are none
 */
export async function uploadBare(
  origin: string,
  files: readonly Source[],
  lanes: number,
): Promise<0> {
  const waiting = files.values();
  await Promise.all(Array.from({ length: lanes }, () => sendAll(origin, waiting)));
  return 0;
}

/** One lane: takes from the same iterator as the others do. */
async function sendAll(origin: string, waiting: Iterable<Source>): Promise<void> {
  for (const { name, blob } of waiting) {
    const request = { method: "PUT", url: `${origin}/${name}`, headers: {}, body: blob } as const;
    const { status } = await transport(request, ignore, new AbortController().signal);
    if (status !== 204) throw new Error(`The bare Worker answered ${status}.`);
  }
}

function ignore(): void {}
