import { type RelayedFrame, watch } from "./watch.ts";

/** Proxies close connections that are silent for longer. */
const KEEP_ALIVE_MS = 20_000;

/**
 * Returns a batch's frames as Server-Sent Events.
 *
 * @param live the response that opened the batch's socket
 * @param request aborts when the client disconnects
 */
export function eventStream(live: Response, request: AbortSignal): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const cancelled = new AbortController();
  const signal = AbortSignal.any([cancelled.signal, request]);
  return new ReadableStream({
    async start(controller) {
      // Frames may still arrive after the reader has left, while the socket closes.
      const send = (text: string) => {
        if (!signal.aborted) controller.enqueue(encoder.encode(text));
      };
      const keepAlive = setInterval(() => send(":\n\n"), KEEP_ALIVE_MS);
      try {
        await watch(live, signal, (frame, text) => send(serverSentEvent(frame, text)));
      } finally {
        clearInterval(keepAlive);
      }
      if (!signal.aborted) controller.close();
    },
    cancel() {
      cancelled.abort();
    },
  });
}

/**
 * Formats a frame. Its id is the rev, from which a browser resumes; only the last frame of a snapshot
 * has one, as the frames before it are incomplete without the rest.
 */
function serverSentEvent(frame: RelayedFrame, text: string): string {
  const id = frame.more ? "" : `id: ${frame.rev}\n`;
  return `${id}event: ${frame.event}\ndata: ${text}\n\n`;
}
