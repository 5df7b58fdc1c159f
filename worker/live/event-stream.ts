import { type RelayedFrame, watch } from "./watch.ts";

/** Proxies cut what is silent for longer. */
const KEEP_ALIVE_MS = 20_000;

/** A batch's frames as Server-Sent Events. @param live as the batch has answered */
export function eventStream(live: Response, request: AbortSignal): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const gone = new AbortController();
  const signal = AbortSignal.any([gone.signal, request]);
  return new ReadableStream({
    async start(controller) {
      // Frames may still come while the socket of a reader who has left is being closed.
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
      gone.abort();
    },
  });
}

/** The id is the rev, so that a browser resumes there: not before all of a snapshot has come. */
function serverSentEvent(frame: RelayedFrame, text: string): string {
  const id = frame.more ? "" : `id: ${frame.rev}\n`;
  return `${id}event: ${frame.event}\ndata: ${text}\n\n`;
}
