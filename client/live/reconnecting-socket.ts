import { backoff } from "../api/retry.ts";
import { ProblemError } from "../errors.ts";
import { surface } from "../surface.ts";

/** A connection that ends sooner counts as another failure: a server may accept and then drop it. */
const STEADY_MS = 5000;
/** Longest time for a connection to open. */
const OPENING_MS = 10_000;
/** A second on average after the first failure: all watchers of a restarting server come at once. */
const FIRST_DELAY_MS = 2000;

/** The batch is over: only a retry of its files changes it. */
export const CLOSE_OVER = 1000;
/** The server refuses sockets of this address for ten minutes. */
export const CLOSE_REFUSED = 1008;
/** Time before the next connection after these two. */
const PARKED_MS = 10 * 60_000;

/** The connection broke, the server restarts, or it is busy: all of its watchers lose theirs at once. */
const CLOSE_TOGETHER: ReadonlySet<number> = new Set([1006, 1012, 1013]);
const CLOSE_ABNORMAL = 1006;
/** Reconnects in a row that are spread over a time that a restarting server can take. */
const SPREAD_TRIES = 3;
const SHORTEST_SPREAD_MS = 1000;
const LONGEST_SPREAD_MS = 10_000;

export interface ReconnectingSocketOptions {
  /** Returns the URL for the next connection. A rejection counts as a failed connection. */
  url: () => Promise<string>;
  onMessage: (data: unknown) => void;
  /**
   * Called when a connection has ended or couldn't be opened. The socket reconnects by itself.
   *
   * @param code of a connection that was closed
   */
  onLost: (code?: number) => void;
}

/** A WebSocket that reconnects, with backoff, until it is closed. */
export class ReconnectingSocket {
  readonly #options: ReconnectingSocketOptions;
  #socket: WebSocket | null = null;
  /** Identifies the current attempt to connect. */
  #attempt = 0;
  #failures = 0;
  /** True if the current connection was open, even if only for a moment. */
  #wasOpen = false;
  /** The one timer at a time: for opening to fail, for being steady, or for the next connection. */
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ReconnectingSocketOptions) {
    this.#options = options;
    this.#open();
  }

  /** Sends `text` if the socket is connected. */
  send(text: string): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(text);
  }

  /** Opens a new connection at once. */
  reconnect(): void {
    this.#failures = 0;
    this.#drop();
    this.#open();
  }

  close(): void {
    this.#drop();
  }

  #open(): void {
    const attempt = this.#attempt;
    this.#after(OPENING_MS, () => this.#lose());
    this.#options.url().then(
      (url) => attempt === this.#attempt && this.#connect(url),
      (error: unknown) => {
        if (attempt !== this.#attempt) return;
        if (!(error instanceof ProblemError)) surface(error);
        this.#lose();
      },
    );
  }

  #connect(url: string): void {
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.onopen = () => {
      this.#wasOpen = true;
      this.#after(STEADY_MS, () => void (this.#failures = 0));
    };
    socket.onmessage = ({ data }: MessageEvent<unknown>) => this.#options.onMessage(data);
    socket.onclose = ({ code }) => this.#lose(code);
    socket.onerror = () => this.#lose(CLOSE_ABNORMAL);
  }

  #lose(code?: number): void {
    const delay = delayAfter(++this.#failures, this.#wasOpen ? code : undefined);
    this.#drop();
    this.#after(delay, () => this.#open());
    // Last, because the callback may close the socket.
    this.#options.onLost(code);
  }

  #drop(): void {
    this.#attempt++;
    this.#wasOpen = false;
    clearTimeout(this.#timer);
    const socket = this.#socket;
    if (socket === null) return;
    this.#socket = null;
    socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
    socket.close();
  }

  #after(ms: number, run: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(run, ms);
  }
}

/**
 * Returns milliseconds before the next connection.
 *
 * @param code the close code of a connection that was open; undefined if none came about
 */
function delayAfter(failures: number, code: number | undefined): number {
  if (code === CLOSE_OVER || code === CLOSE_REFUSED) return PARKED_MS;
  const isSpread = code !== undefined && CLOSE_TOGETHER.has(code) && failures <= SPREAD_TRIES;
  if (!isSpread) return backoff(failures, { firstMs: FIRST_DELAY_MS });
  return SHORTEST_SPREAD_MS + Math.random() * (LONGEST_SPREAD_MS - SHORTEST_SPREAD_MS);
}
