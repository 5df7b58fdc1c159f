import { connectionFailed, ProblemError } from "../errors.ts";
import { surface } from "../surface.ts";
import { anySignal } from "../transport/any-signal.ts";

/** Longest time for the first event: some proxies hold a stream back until it ends. */
const FIRST_MS = 5000;
/** Longest silence later: the server sends a comment every 20 s. */
const SILENCE_MS = 45_000;

export interface EventStreamOptions {
  /** Returns the address of the same events as a WebSocket. */
  url: () => Promise<string>;
  onMessage: (data: string) => void;
  /** Called once the stream has ended, unless it was closed; with whether an event had arrived. */
  onEnd: (hasDelivered: boolean) => void;
}

/**
 * One stream of Server-Sent Events. It is read with `fetch()`, because an `EventSource` takes its token
 * in the address only, and Node has none.
 */
export class EventStream {
  readonly #options: EventStreamOptions;
  readonly #closing = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #hasDelivered = false;

  constructor(options: EventStreamOptions) {
    this.#options = options;
    void this.#run();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#closing.abort();
  }

  async #run(): Promise<void> {
    const silent = new AbortController();
    const wait = (ms: number): void => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => silent.abort(), ms);
    };
    wait(FIRST_MS);
    try {
      const signal = anySignal([silent.signal, this.#closing.signal]);
      for await (const data of eventsOf(await openStream(await this.#options.url(), signal))) {
        wait(SILENCE_MS);
        if (data === null || this.#closing.signal.aborted) continue;
        this.#hasDelivered = true;
        this.#options.onMessage(data);
      }
    } catch (error) {
      // A lost connection, or silence, ends the stream. Anything else is a bug.
      if (!(error instanceof ProblemError) && !this.#closing.signal.aborted) surface(error);
    }
    clearTimeout(this.#timer);
    if (!this.#closing.signal.aborted) this.#options.onEnd(this.#hasDelivered);
  }
}

/** Requests the events of a socket. The token is in a header, as logs keep addresses. */
function openStream(socketUrl: string, signal: AbortSignal): Promise<Response> {
  const url = new URL(socketUrl.replace(/^ws/u, "http"));
  url.pathname = url.pathname.replace(/live$/u, "events");
  const headers = { authorization: `Bearer ${url.searchParams.get("token")}` };
  url.searchParams.delete("token");
  return connected(fetch(url, { headers, signal }));
}

/** Turns a rejection by the browser, which is a `TypeError` as most bugs are, into a problem. */
function connected<T>(result: Promise<T>): Promise<T> {
  return result.catch((error: unknown) => {
    throw connectionFailed(error);
  });
}

/** Yields the data of each event, and null for a comment. Yields nothing of another response. */
async function* eventsOf({ headers, body }: Response): AsyncGenerator<string | null> {
  if (!headers.get("content-type")?.startsWith("text/event-stream") || body === null) {
    await body?.cancel();
    return;
  }
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const next = () => connected(reader.read());
  for (let read = await next(); !read.done; read = await next()) {
    const blocks = (text + read.value).split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) yield /^data: (.*)$/mu.exec(block)?.[1] ?? null;
  }
}
