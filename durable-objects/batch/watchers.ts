import { type Frame, FRAME_INTERVAL_MS, PING, PONG } from "../../protocol/index.ts";
import { FrameQueue, type PendingUpdate } from "./frame-queue.ts";
import type { ChangeSet } from "./tally.ts";

/** "Normal closure" (RFC 6455): nothing more to watch, or nobody who watches. */
const CLOSE_NORMAL = 1000;
/** "Policy violation" (RFC 6455): a watcher that talks. */
const CLOSE_POLICY = 1008;

/**
 * The sockets that watch one batch. They outlive the object's memory: it hibernates while nothing
 * moves, and pings are answered without waking it.
 *
 * These sockets signal no backpressure, so frames are few (twenty a second at most) and say how
 * things are, not how they changed: a watcher who missed some comes back with `since`.
 */
export class Watchers {
  readonly #ctx: DurableObjectState;
  readonly #framesOf: (pending: PendingUpdate) => Frame[];
  readonly #queue = new FrameQueue();
  #sentAt = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** @param framesOf turns what is pending into frames that say how things are now. */
  constructor(ctx: DurableObjectState, framesOf: (pending: PendingUpdate) => Frame[]) {
    this.#ctx = ctx;
    this.#framesOf = framesOf;
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
  }

  /** How many there are, of one address or in all. */
  count(address?: string): number {
    return this.#ctx.getWebSockets(address).length;
  }

  /**
   * Takes a new watcher in, who is first told all that it does not know yet.
   *
   * @param address where it comes from, if that is known
   */
  add(socket: WebSocket, snapshot: () => Iterable<Frame>, address: string | null): void {
    // What is pending is in the snapshot already: told afterwards, it would go back in time.
    this.#flush();
    this.#ctx.acceptWebSocket(socket, address === null ? [] : [address]);
    for (const frame of snapshot()) send(socket, JSON.stringify(frame));
  }

  /**
   * Tells every watcher: at once after a quiet moment or when the batch is complete, as that is what
   * all wait for; else when the next frame is due.
   */
  broadcast(changes: ChangeSet): void {
    if (this.#ctx.getWebSockets().length === 0) return;
    this.#queue.add(changes);
    const due = this.#sentAt + FRAME_INTERVAL_MS - Date.now();
    if (due <= 0 || changes.completed) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), due);
  }

  /** A watcher has nothing to say: whoever says something else than `ping` is let go. */
  rejectMessage(socket: WebSocket): void {
    socket.close(CLOSE_POLICY, `This socket only takes "${PING}".`);
  }

  /**
   * Answers a watcher who closes: nobody else does that for sockets that may hibernate, and until it
   * is done the connection stays open on both sides.
   */
  ackClose(socket: WebSocket): void {
    socket.close(CLOSE_NORMAL);
  }

  /** Lets all watchers go, once they have been told what is pending. */
  closeAll(): void {
    this.#flush();
    for (const socket of this.#ctx.getWebSockets())
      socket.close(CLOSE_NORMAL, "The batch is gone.");
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

/** A socket may be gone without its close having been heard: that is no one else's trouble. */
function send(socket: WebSocket, text: string): void {
  try {
    socket.send(text);
  } catch {
    socket.close();
  }
}
