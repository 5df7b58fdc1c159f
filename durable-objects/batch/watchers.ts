import {
  type Frame,
  FRAME_INTERVAL_MS,
  MINUTE_MS,
  PING,
  PONG,
  PROGRESS,
  type Row,
} from "../../protocol/index.ts";
import type { Settings } from "../settings.ts";
import {
  REVOCABLE_SCOPES,
  type RevocableScope,
  revocableScope,
  type TokenAccess,
} from "./access.ts";
import { KeepAlives } from "./keep-alive.ts";
import type { ChangeSet } from "./tally.ts";

/** "Normal closure" (RFC 6455): the watcher closed. */
const CLOSE_NORMAL = 1000;
/** "Policy violation" (RFC 6455): the watcher sent a message. */
const CLOSE_POLICY = 1008;
/** The watcher's token was revoked. */
const CLOSE_REVOKED = 4401;
/** The batch was deleted. */
const CLOSE_DELETED = 4410;

/** Tag of the sockets that an uploader's token has opened: a live token, or the write token. */
const UPLOADER: RevocableScope = "write";

/** Time for which an address gets no new sockets after one of its sockets sent a message. */
const REFUSED_MS = 10 * MINUTE_MS;
/** Tags that are no address of one client. The Worker's name for unknown addresses is the last one. */
const NO_ADDRESSES: ReadonlySet<string> = new Set([...REVOCABLE_SCOPES, "unknown"]);

type WatcherLimits = Pick<Settings, "watchersPerBatch" | "watchersPerAddress">;

/**
 * The WebSockets that watch one batch. They survive hibernation, and the platform answers pings without
 * waking the object.
 *
 * A hibernating socket gives no backpressure signal. So frames are few (at most twenty a second), and
 * they carry current values rather than differences: a watcher that missed some reconnects with
 * `since`.
 */
export class Watchers {
  readonly #ctx: DurableObjectState;
  readonly #limits: WatcherLimits;
  readonly #framesOf: (pending: PendingUpdate) => Frame[];
  readonly #queue = new FrameQueue();
  readonly #keepAlives = new KeepAlives();
  /** Addresses that get no new sockets, and until when. */
  readonly #refusedUntil = new Map<string, number>();
  #sentAt = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** @param framesOf makes the frames for pending changes */
  constructor(
    ctx: DurableObjectState,
    limits: WatcherLimits,
    framesOf: (pending: PendingUpdate) => Frame[],
  ) {
    this.#ctx = ctx;
    this.#limits = limits;
    this.#framesOf = framesOf;
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
  }

  /**
   * Returns the limit that rules out another watcher; null if none does.
   *
   * @param address the watcher's network address; null if unknown
   */
  reachedLimit(address: string | null): number | null {
    const { watchersPerBatch, watchersPerAddress } = this.#limits;
    if (watchersPerBatch !== null && this.#count() >= watchersPerBatch) return watchersPerBatch;
    if (watchersPerAddress === null || address === null) return null;
    return this.#count(address) >= watchersPerAddress ? watchersPerAddress : null;
  }

  get isEmpty(): boolean {
    return this.#count() === 0;
  }

  /** True if a socket is open that an uploader's token has opened. */
  get hasUploader(): boolean {
    return this.#ctx
      .getWebSockets(UPLOADER)
      .some(({ readyState }) => readyState === WebSocket.OPEN);
  }

  isUploader(socket: WebSocket): boolean {
    return this.#ctx.getTags(socket).includes(UPLOADER);
  }

  /** True if a socket of this address sent a message some minutes ago. */
  isRefused(address: string | null): boolean {
    const now = Date.now();
    for (const [refused, until] of this.#refusedUntil) {
      if (until <= now) this.#refusedUntil.delete(refused);
    }
    return address !== null && this.#refusedUntil.has(address);
  }

  /**
   * Adds a watcher and sends it its first frames.
   *
   * @param watcher its network address and the scope of its token; null if unknown
   */
  add(
    socket: WebSocket,
    initialFrames: () => Iterable<Frame>,
    { address, scope }: { address: string | null; scope: TokenAccess["scope"] | null },
  ): void {
    // The snapshot includes pending changes. Sent after it, they would set the watcher back.
    this.#flush();
    const tags = [
      ...(address === null ? [] : [address]),
      ...(scope ? [revocableScope(scope)] : []),
    ];
    this.#ctx.acceptWebSocket(socket, tags);
    for (const frame of initialFrames()) send(socket, JSON.stringify(frame));
  }

  /**
   * Sends changes to all watchers: at once after a quiet moment or if the batch is complete, otherwise
   * when the next frame is due. Closes all sockets if the batch is removed.
   */
  broadcast(changes: ChangeSet): void {
    if (this.#ctx.getWebSockets().length === 0) return;
    this.#queue.add(changes);
    const dueIn = this.#sentAt + FRAME_INTERVAL_MS - Date.now();
    if (changes.deleted) this.#closeAll();
    else if (dueIn <= 0 || changes.completed) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), dueIn);
  }

  /** Ignores keep-alive messages. `PING` alone is answered, without waking the object. */
  receive(socket: WebSocket, message: string | ArrayBuffer): void {
    if (!this.#keepAlives.accepts(socket, message)) this.rejectMessage(socket);
  }

  /**
   * Closes the socket of a watcher that sent another message, or too many, and refuses new sockets of its
   * address. The platform delivers, and bills, what the watcher sends until its end of the connection is
   * closed, and each message wakes the object.
   */
  rejectMessage(socket: WebSocket): void {
    const address = this.#ctx.getTags(socket).find((tag) => !NO_ADDRESSES.has(tag));
    // Watchers without an address have none in common: one of them must not end the others.
    if (address !== undefined) this.#refusedUntil.set(address, Date.now() + REFUSED_MS);
    socket.close(CLOSE_POLICY, `This socket only takes "${PING}".`);
  }

  /** Closes the sockets that were opened with tokens of these scopes. */
  end(scopes: readonly RevocableScope[]): void {
    for (const socket of scopes.flatMap((scope) => this.#ctx.getWebSockets(scope))) {
      socket.close(CLOSE_REVOKED, "The token was ended.");
    }
  }

  /**
   * Acknowledges that a watcher closed its socket. The platform does not do so for sockets that may
   * hibernate, and without it the connection stays open on both sides.
   */
  ackClose(socket: WebSocket): void {
    socket.close(CLOSE_NORMAL);
  }

  #count(address?: string): number {
    return this.#ctx.getWebSockets(address).length;
  }

  #closeAll(): void {
    this.#flush();
    for (const socket of this.#ctx.getWebSockets()) {
      socket.close(CLOSE_DELETED, "The batch was deleted.");
    }
  }

  #flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#queue.isEmpty) return;
    this.#sentAt = Date.now();
    const texts = this.#framesOf(this.#queue.take()).map((frame) => JSON.stringify(frame));
    for (const socket of this.#ctx.getWebSockets()) for (const text of texts) send(socket, text);
  }
}

/** A watcher may have left without a close event. That must not affect the others. */
function send(socket: WebSocket, text: string): void {
  try {
    socket.send(text);
  } catch {
    socket.close();
  }
}

/** Changes that were not sent yet. */
export interface PendingUpdate {
  rows: Row[];
  batch: boolean;
  completed: boolean;
}

/**
 * Collects changes until the next frame is due. It keeps every stage of every file, in order, but only
 * the latest of consecutive byte counts of a file.
 */
class FrameQueue {
  #rows: Row[] = [];
  /** Index in `#rows` of each file's latest row. */
  #latest = new Map<number, number>();
  #batch = false;
  #completed = false;

  get isEmpty(): boolean {
    return this.#rows.length === 0 && !this.#batch && !this.#completed;
  }

  add(changes: { rows: readonly Row[]; batch: boolean; completed: boolean }): void {
    for (const row of changes.rows) this.#addRow(row);
    this.#batch ||= changes.batch;
    this.#completed ||= changes.completed;
  }

  take(): PendingUpdate {
    const pending = { rows: this.#rows, batch: this.#batch, completed: this.#completed };
    this.#rows = [];
    this.#latest = new Map();
    this.#batch = this.#completed = false;
    return pending;
  }

  #addRow(row: Row): void {
    const index = this.#latest.get(row[0]);
    const previous = index === undefined ? undefined : this.#rows[index];
    if (index !== undefined && previous && isByteCount(previous) && isByteCount(row)) {
      this.#rows[index] = row;
      return;
    }
    this.#latest.set(row[0], this.#rows.push(row) - 1);
  }
}

function isByteCount([, state, progress]: Row): boolean {
  return state === "uploading" && progress < PROGRESS.stored;
}
