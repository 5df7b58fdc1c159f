import { PING, type Frame } from "../../protocol/index.ts";
import { parseJson } from "../api/response.ts";
import type { BatchApi } from "../api/batch-api.ts";
import { ReconnectingSocket } from "./reconnecting-socket.ts";
import { watchNetwork } from "../transport/network.ts";
import { Poller } from "./poller.ts";
import type { ClientProblem } from "../errors.ts";
import { isFrame } from "../api/guards.ts";

/** How news of the batch comes in: not yet, by socket, by polling, or not at all. */
export type ConnectionState = "connecting" | "live" | "polling" | "offline";

/** Sockets in a row that brought nothing before polling begins: some networks let none through. */
const BLOCKED_AFTER = 2;
/** After this long without a frame the server is asked whether it is still there. */
const QUIET_MS = 25_000;
/** How long its answer may take. */
const PONG_MS = 10_000;

export interface LiveOptions {
  api: BatchApi;
  /** The rev up to which everything is known. */
  since: () => number;
  onFrame: (frame: Frame) => void;
  onConnection: (connection: ConnectionState) => void;
  /** The batch cannot be listened to (any more). */
  onProblem: (problem: ClientProblem) => void;
}

/**
 * The live events of one batch: a socket that reconnects by itself and each time asks only for what
 * is new; polling while sockets are blocked; the socket again as soon as one gets through.
 */
export class Live {
  readonly #options: LiveOptions;
  readonly #socket: ReconnectingSocket;
  readonly #poller: Poller;
  #connection: ConnectionState = "connecting";
  #misses = 0;
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  readonly #closing = new AbortController();

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#poller = new Poller({
      ...options,
      onPolled: (answered) => this.#poll(answered),
      onProblem: (problem) => this.#end(problem),
    });
    this.#socket = new ReconnectingSocket({
      url: () => options.api.liveUrl(options.since()),
      onMessage: (data) => this.#hear(data),
      onLost: () => this.#miss(),
    });
    this.#watchNetwork();
  }

  close(): void {
    this.#closing.abort();
    clearTimeout(this.#watchdog);
    this.#poller.stop();
    this.#socket.close();
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** A page is told of its network, and need not find out, or wait out its backoff. */
  #watchNetwork(): void {
    const { signal } = this.#closing;
    watchNetwork("online", () => this.#socket.reconnect(), signal);
    watchNetwork("offline", () => this.#lose(), signal);
  }

  #lose(): void {
    this.#report("offline");
    // The device may be wrong, and the server within reach all the same.
    this.#poller.start();
  }

  #hear(data: unknown): void {
    this.#misses = 0;
    this.#poller.stop();
    this.#watch();
    this.#report("live");
    const frame = typeof data === "string" ? parseJson(data) : undefined;
    if (isFrame(frame)) this.#options.onFrame(frame);
  }

  #miss(): void {
    if (this.#closed) return;
    clearTimeout(this.#watchdog);
    this.#misses++;
    if (this.#connection === "live") this.#report("connecting");
    if (this.#misses >= BLOCKED_AFTER) this.#poller.start();
  }

  #poll(answered: boolean): void {
    // The server is back: the socket need not wait out its backoff.
    if (answered && this.#connection === "offline") this.#socket.reconnect();
    this.#report(answered ? "polling" : "offline");
  }

  /** A network that vanished closes no socket: silence must be told from quiet. */
  #watch(): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => {
      this.#socket.send(PING);
      this.#watchdog = setTimeout(() => this.#socket.reconnect(), PONG_MS);
    }, QUIET_MS);
  }

  #report(connection: ConnectionState): void {
    if (this.#closed || connection === this.#connection) return;
    this.#connection = connection;
    this.#options.onConnection(connection);
  }

  #end(problem: ClientProblem): void {
    this.close();
    this.#options.onProblem(problem);
  }
}
