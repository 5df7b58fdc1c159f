import { transport } from "#transport";
import type { Source } from "../client/index.ts";
import { forEachConcurrently } from "../client/send/concurrency.ts";
import { partLayout } from "../protocol/index.ts";

interface BareRequest {
  url: string;
  body: Blob;
}

/**
 * Uploads to the bare Worker, one request a file.
 *
 * @param concurrency requests in flight
 * @returns how many frames a watcher got: there are none
 */
export async function uploadBare(
  origin: string,
  files: readonly Source[],
  concurrency: number,
): Promise<0> {
  return sendAll(
    files.map(({ name, blob: body }) => ({ url: `${origin}/${name}`, body })),
    concurrency,
  );
}

/**
 * Sends files to the bare Worker in the parts that Tallyman would make of them. They are not put
 * together: the Worker is to do nothing but `uploadPart`.
 *
 * @param concurrency parts in flight
 * @returns how many frames a watcher got: there are none
 */
export async function uploadBareParts(
  origin: string,
  files: readonly Source[],
  concurrency: number,
): Promise<0> {
  const requests = await Promise.all(files.map((file) => partsOf(origin, file)));
  return sendAll(requests.flat(), concurrency);
}

async function partsOf(origin: string, { name, blob }: Source): Promise<BareRequest[]> {
  const opened = await fetch(`${origin}/${name}`, { method: "POST" });
  const address = `${origin}/${name}?upload=${encodeURIComponent(await opened.text())}`;
  const { partBytes, count } = partLayout(blob.size);
  return Array.from({ length: count }, (_, index) => ({
    url: `${address}&part=${index + 1}`,
    body: blob.slice(index * partBytes, (index + 1) * partBytes),
  }));
}

async function sendAll(requests: readonly BareRequest[], concurrency: number): Promise<0> {
  await forEachConcurrently(requests, concurrency, sendOne);
  return 0;
}

async function sendOne(request: BareRequest): Promise<void> {
  const put = { ...request, method: "PUT", headers: {} } as const;
  const { status } = await transport(put, ignore, new AbortController().signal);
  if (status !== 204) throw new Error(`The bare Worker responded ${status}.`);
}

function ignore(): void {}
