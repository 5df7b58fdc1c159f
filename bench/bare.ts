import { transport } from "#transport";
import type { Source } from "../client/index.ts";
import { forEachConcurrently } from "../client/send/concurrency.ts";
import { partLayout } from "../protocol/index.ts";

interface BareRequest {
  url: string;
  body: Blob;
}

/**
 * Uploads files to the bare Worker, one per request.
 *
 * @param concurrency requests in flight
 * @returns the number of frames of a watcher, which is 0
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
 * Uploads files to the bare Worker in the same parts as Tallyman's client. The multipart uploads are
 * not completed, so that the Worker calls nothing but `uploadPart`.
 *
 * @param concurrency parts in flight
 * @returns the number of frames of a watcher, which is 0
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
