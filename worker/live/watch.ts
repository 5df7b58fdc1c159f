import * as v from "valibot";
import type { BatchClient } from "../batches/batch-client.ts";

/** The fields of a frame that the Worker needs in order to relay it. */
const RelayedFrame = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ event: v.string(), rev: v.number(), more: v.optional(v.boolean(), false) }),
);
export type RelayedFrame = v.InferOutput<typeof RelayedFrame>;

/**
 * Watches a batch from within the Worker, through a WebSocket as any watcher does, so that the object
 * may hibernate in the meantime.
 *
 * @param live the response that opened the socket
 * @param onFrame receives each frame and its text
 * @returns a promise that resolves when the batch closes the socket or `signal` aborts
 */
export async function watch(
  { webSocket: socket }: Response,
  signal: AbortSignal,
  onFrame: (frame: RelayedFrame, text: string) => void,
): Promise<void> {
  if (!socket) return;
  const closed = new Promise<void>((resolve) => {
    socket.addEventListener("close", () => resolve());
    socket.addEventListener("error", () => resolve());
    signal.addEventListener("abort", () => resolve());
  });
  socket.addEventListener("message", ({ data }) => {
    if (typeof data === "string") onFrame(v.parse(RelayedFrame, data), data);
  });
  socket.accept();
  if (!signal.aborted) await closed;
  socket.close();
}

/** Resolves once the batch's rev exceeds `since`, after `seconds`, or when `request` aborts. */
export async function waitForChange(
  batch: BatchClient,
  since: number,
  seconds: number,
  request: AbortSignal,
): Promise<void> {
  const done = new AbortController();
  const signal = AbortSignal.any([done.signal, request, AbortSignal.timeout(seconds * 1000)]);
  await watch(await batch.live(since), signal, ({ rev }) => {
    if (rev > since) done.abort();
  });
}
