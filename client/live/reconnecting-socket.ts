/** Shorter than this, and a connection counts as another failure: a server may take and drop it. */
const STEADY_MS = 5000;
/** How long a connection may take to open. */
const OPENING_MS = 10_000;
const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 20_000;
const DELAY_GROWTH = 1.7;

export interface ReconnectingSocketOptions {
  /** The address, asked for each time anew. */
  url: () => string;
  onMessage: (data: unknown) => void;
  /** A connection has ended, or was not to be had. It is tried again all the same. */
  onLost: () => void;
}

/** A WebSocket that comes back after whatever ends it, later each time, until it is closed. */
export class ReconnectingSocket {
  readonly #options: ReconnectingSocketOptions;
  /** Every client's delays are its own, so that a restart of the server is not followed by a stampede. */
  readonly #jitter = 0.5 + Math.random();
  #socket: WebSocket | null = null;
  #failures = 0;
  /** For whatever is next: giving up opening, being steady, or opening again. */
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ReconnectingSocketOptions) {
    this.#options = options;
    this.#open();
  }

  /** Sends, where there is a connection at the moment. */
  send(text: string): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(text);
  }

  /** Opens another connection, at once. */
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
    const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * DELAY_GROWTH ** this.#failures);
    this.#failures++;
    this.#after(delay * this.#jitter, () => this.#open());
    // Last, as whoever hears it may close the socket for good.
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
