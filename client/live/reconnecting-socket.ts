import { backoff } from "../api/retry.ts";

/** A connection that ends sooner counts as another failure: a server may accept and then drop it. */
const STEADY_MS = 5000;
/** Longest time for a connection to open. */
const OPENING_MS = 10_000;
/** A second on average after the first failure: all watchers of a restarting server come at once. */
const FIRST_DELAY_MS = 2000;

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
      () => attempt === this.#attempt && this.#lose(),
    );
  }

  #connect(url: string): void {
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.onopen = () => this.#after(STEADY_MS, () => void (this.#failures = 0));
    socket.onmessage = ({ data }: MessageEvent<unknown>) => this.#options.onMessage(data);
    socket.onclose = ({ code }) => this.#lose(code);
    socket.onerror = () => this.#lose();
  }

  #lose(code?: number): void {
    this.#drop();
    const delay = backoff(++this.#failures, { firstMs: FIRST_DELAY_MS });
    this.#after(delay, () => this.#open());
    // Last, because the callback may close the socket.
    this.#options.onLost(code);
  }

  #drop(): void {
    this.#attempt++;
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
