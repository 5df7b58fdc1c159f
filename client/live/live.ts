import { PING, type Frame } from "../../protocol/index.ts";
import type { BatchApi } from "../api/batch-api.ts";
import { isFrame } from "../api/guards.ts";
import { parseJson } from "../api/request.ts";
import { ProblemError } from "../errors.ts";
import { watchNetwork } from "../transport/network.ts";
import type { Reachability } from "../transport/reachability.ts";
import { loadEventStream } from "#event-stream";
import type { EventStream } from "./event-stream.ts";
import { Poller, type PollResult } from "./poller.ts";
import { CLOSE_OVER, CLOSE_REFUSED, ReconnectingSocket } from "./reconnecting-socket.ts";

/**
 * The source of live updates: none yet (`connecting`), a WebSocket or an event stream (`live`), `polling`
 * because neither gets through, or none because the server can't be reached (`offline`). While polls are
 * blocked as well, it is `connecting` again.
 *
 * @example
 * watcher.on("connection", (state: ConnectionState) => (badge.hidden = state !== "offline"));
 */
export type ConnectionState = "connecting" | "live" | "polling" | "offline";

/** Failed sockets in a row before something else is tried: some networks block WebSockets. */
const BLOCKED_AFTER = 2;
/** The socket's token was ended. */
const CLOSE_REVOKED = 4401;
/** The batch was deleted. */
const CLOSE_DELETED = 4410;
const CONNECTIONS = {
  responded: "polling",
  blocked: "connecting",
  unreachable: "offline",
} as const;
/** Silence after which the server is pinged. */
const QUIET_MS = 25_000;
/** Longest time for the pong. */
const PONG_MS = 10_000;

export interface LiveOptions {
  api: BatchApi;
  reachability: Reachability;
  /** Returns the rev up to which every change is known. */
  since: () => number;
  onFrame: (frame: Frame) => void;
  onConnection: (connection: ConnectionState) => void;
  /** Called when updates can't go on, such as for a deleted batch. */
  onProblem: (problem: ProblemError) => void;
}

/**
 * Live updates of one batch: a reconnecting socket that asks only for changes it lacks, a stream of
 * Server-Sent Events while sockets are blocked, polling while streams are blocked as well, and the socket
 * again as soon as one gets through.
 */
export class Live {
  readonly #options: LiveOptions;
  readonly #socket: ReconnectingSocket;
  readonly #poller: Poller;
  #events: EventStream | null = null;
  /** True once a stream has delivered nothing: a system in between holds streams back. */
  #areStreamsBlocked = false;
  #connection: ConnectionState = "connecting";
  /** Sockets in a row that were lost before a message. */
  #losses = 0;
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  readonly #closing = new AbortController();
  readonly #url = () => this.#options.api.liveUrl(this.#options.since());

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#poller = new Poller({
      ...options,
      onPolled: (result) => this.#onPolled(result),
      onProblem: (problem) => this.#end(problem),
    });
    this.#socket = new ReconnectingSocket({
      url: this.#url,
      onMessage: (data) => this.#onMessage(data),
      onLost: (code) => this.#onLost(code),
    });
    this.#watchNetwork();
  }

  close(): void {
    this.#closing.abort();
    clearTimeout(this.#watchdog);
    this.#poller.stop();
    this.#closeEvents();
    this.#socket.close();
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Browsers report network changes: the socket need not detect them, or wait out its backoff. */
  #watchNetwork(): void {
    const { signal } = this.#closing;
    watchNetwork("online", () => this.#socket.reconnect(), signal);
    watchNetwork("offline", () => this.#onOffline(), signal);
  }

  #onOffline(): void {
    this.#setConnection("offline");
    // The report may be wrong: a server on the same device is still within reach.
    this.#poller.start();
  }

  #onMessage(data: unknown): void {
    this.#losses = 0;
    this.#closeEvents();
    this.#restartWatchdog();
    this.#onFrameText(data);
  }

  #onFrameText(data: unknown): void {
    this.#poller.stop();
    this.#setConnection("live");
    const frame = typeof data === "string" ? parseJson(data) : undefined;
    if (isFrame(frame)) this.#options.onFrame(frame);
  }

  #onLost(code?: number): void {
    if (this.#closed) return;
    clearTimeout(this.#watchdog);
    if (code === CLOSE_DELETED) return this.#end(batchDeleted());
    this.#losses++;
    // A refused token looks like a blocked socket.
    const mayBeRefused = code === CLOSE_REVOKED || this.#losses === BLOCKED_AFTER;
    if (mayBeRefused) this.#options.api.forgetLiveToken();
    if (this.#connection === "live" && this.#events === null) this.#setConnection("connecting");
    // The next socket is minutes away. Polls show whether the batch becomes active again.
    if (code === CLOSE_OVER || code === CLOSE_REFUSED) this.#poller.start();
    else if (this.#losses >= BLOCKED_AFTER) this.#fallBack();
  }

  #fallBack(): void {
    if (this.#areStreamsBlocked) this.#poller.start();
    else if (this.#events === null) void this.#openEvents().catch(() => this.#onEventsEnd(false));
  }

  async #openEvents(): Promise<void> {
    const Stream = await loadEventStream();
    if (this.#closed || this.#losses < BLOCKED_AFTER) return;
    this.#events ??= new Stream({
      url: this.#url,
      onMessage: (data) => this.#onFrameText(data),
      onEnd: (hasDelivered) => this.#onEventsEnd(hasDelivered),
    });
  }

  #onEventsEnd(hasDelivered: boolean): void {
    this.#events = null;
    this.#areStreamsBlocked = !hasDelivered;
    if (!this.#closed) this.#poller.start();
  }

  #closeEvents(): void {
    this.#events?.close();
    this.#events = null;
  }

  #onPolled(result: PollResult): void {
    // The server is back: the socket need not wait out its backoff, and streams failed with it.
    if (result === "responded" && this.#connection === "offline") {
      this.#areStreamsBlocked = false;
      this.#socket.reconnect();
    }
    this.#setConnection(CONNECTIONS[result]);
  }

  /** A vanished network closes no socket, so silence is probed with a ping. */
  #restartWatchdog(): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => {
      this.#socket.send(PING);
      this.#watchdog = setTimeout(() => this.#socket.reconnect(), PONG_MS);
    }, QUIET_MS);
  }

  #setConnection(connection: ConnectionState): void {
    if (this.#closed || connection === this.#connection) return;
    this.#connection = connection;
    this.#options.onConnection(connection);
  }

  #end(problem: ProblemError): void {
    this.close();
    this.#options.onProblem(problem);
  }
}

function batchDeleted(): ProblemError {
  const detail = "The batch was deleted.";
  return new ProblemError({ code: "batch_not_found", detail });
}
