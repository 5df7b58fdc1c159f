import { backoff } from "../api/retry.ts";

/** A connection that ends sooner counts as another failure: a server may accept and then drop it. */
const STEADY_MS = 5000;
/** Longest time for a connection to open. */
const OPENING_MS = 10_000;
/** A second on average after the first failure: all watchers of a restarting server come at once. */
const FIRST_DELAY_MS = 2000;

export interface ReconnectingSocketOptions {
  /** Returns the URL for the next connection. */
  url: () => string;
  onMessage: (data: unknown) => void;
  /** Called when a connection has ended or couldn't be opened. The socket reconnects by itself. */
  onLost: () => void;
}

/** A WebSocket that reconnects, with backoff, until it is closed. */
export class ReconnectingSocket {
  readonly #options: ReconnectingSocketOptions;
  #socket: WebSocket | null = null;
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
    const socket = new WebSocket(this.#options.url());
    this.#socket = socket;
    this.#after(OPENING_MS, () => this.#lose());
    socket.onopen = () => this.#after(STEADY_MS, () => void (this.#failures = 0));
    socket.onmessage = ({ data }: MessageEvent<unknown>) => this.#options.onMessage(data);
    socket.onclose = () => this.#lose();
    socket.onerror = () => this.#lose();
  }

  #lose(): void {
    this.#drop();
    const delay = backoff(++this.#failures, { firstMs: FIRST_DELAY_MS });
    this.#after(delay, () => this.#open());
    // Last, because the callback may close the socket.
    this.#options.onLost();
  }

  #drop(): void {
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
