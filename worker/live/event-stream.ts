import { KIB } from "../../protocol/index.ts";
import { type BodyMemory, isolateMemory } from "../http/body-memory.ts";
import { isLastFrame, type RelayedFrame, watch } from "./watch.ts";

/** Proxies close connections that are silent for longer. */
const KEEP_ALIVE_MS = 20_000;
/** Time after which a browser reconnects, in ms. */
const RETRY_MS = 2000;
/** Tells a client that the batch is over, so that it need not reconnect. */
const END = "event: end\ndata: {}\n\n";

/** Headers of a stream of events. */
export const EVENT_STREAM_HEADERS = {
  "Content-Type": "text/event-stream; charset=utf-8",
  // Compression would hold events back until its buffer is full.
  "Cache-Control": "no-store, no-transform",
  // Keeps nginx from collecting events.
  "X-Accel-Buffering": "no",
};

/**
 * Bytes that wait for a client which does not read, besides its snapshot. The client reconnects with
 * the id of the last frame that it has received, and gets the current state.
 */
const MAX_UNREAD_BYTES = 256 * KIB;

/**
 * Returns a batch's frames as Server-Sent Events. The stream ends with the batch, or early if the client
 * does not read it.
 *
 * @param live the response that opened the batch's socket
 * @param request aborts when the client disconnects
 * @param memory accounts for frames that wait for the client
 */
export function eventStream(
  live: Response,
  request: AbortSignal,
  memory: BodyMemory = isolateMemory,
): ReadableStream<Uint8Array> {
  const cancelled = new AbortController();
  const signal = AbortSignal.any([cancelled.signal, request]);
  return new ReadableStream<Uint8Array>(
    {
      async start(controller) {
        const client = new EventClient(controller, memory, cancelled);
        signal.addEventListener("abort", () => client.end());
        const keepAlive = setInterval(() => client.send(":\n\n"), KEEP_ALIVE_MS);
        try {
          await watch(live, signal, (frame, text) => client.relay(frame, text));
        } finally {
          clearInterval(keepAlive);
          client.end();
        }
      },
      cancel() {
        cancelled.abort();
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: 0 }),
  );
}

/** The client's end of the stream. */
class EventClient {
  readonly #controller: ReadableStreamDefaultController<Uint8Array>;
  readonly #memory: ReturnType<BodyMemory["claim"]>;
  readonly #cancelled: AbortController;
  readonly #encoder = new TextEncoder();
  #maxUnread = MAX_UNREAD_BYTES;
  #hasEnded = false;

  constructor(
    controller: ReadableStreamDefaultController<Uint8Array>,
    memory: BodyMemory,
    cancelled: AbortController,
  ) {
    this.#controller = controller;
    this.#cancelled = cancelled;
    // Frames that were not read are dropped, unlike those of a stream that is closed.
    this.#memory = memory.claim(null, (reason) => {
      this.#controller.error(reason);
      this.#cancelled.abort();
    });
  }

  /** Sends a frame; after the last one, ends the stream. */
  relay(frame: RelayedFrame, text: string): void {
    // The client cannot do without its snapshot.
    if (frame.event === "snapshot") this.#maxUnread += text.length;
    this.send(serverSentEvent(frame, text));
    if (!isLastFrame(frame)) return;
    this.send(END);
    this.end();
    this.#cancelled.abort();
  }

  /** Sends text, unless the stream has ended: frames arrive until the batch's socket is closed. */
  send(text: string): void {
    if (this.#hasEnded) return;
    this.#controller.enqueue(this.#encoder.encode(text));
    const unread = -(this.#controller.desiredSize ?? 0);
    if (unread > this.#maxUnread) return this.#cancelled.abort();
    this.#hold(unread);
  }

  /** Closes the stream. The client still gets what it has not read. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#memory.end();
    try {
      this.#controller.close();
    } catch {
      // The client has cancelled the stream, or its frames were dropped.
    }
  }

  #hold(bytes: number): void {
    try {
      this.#memory.read(Math.max(0, bytes));
    } catch {
      // The claim was given up, which ends the stream.
    }
  }
}

/**
 * Formats a frame. Its id is the rev, from which a browser resumes; only the last frame of a snapshot
 * has one, as the frames before it are incomplete without the rest.
 */
function serverSentEvent(frame: RelayedFrame, text: string): string {
  const id = frame.more ? "" : `id: ${frame.rev}\n`;
  // A field of the first event, not a block of its own: some clients expect data in every block.
  const retry = frame.event === "snapshot" ? `retry: ${RETRY_MS}\n` : "";
  return `${retry}${id}event: ${frame.event}\ndata: ${text}\n\n`;
}
