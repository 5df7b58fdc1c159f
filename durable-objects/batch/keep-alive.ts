/** Longer messages are something else. */
const MAX_BYTES = 128;

/** Texts by which libraries keep a connection open: `PING`, `{"type":"ping"}`, `heartbeat`, nothing. */
const KEEP_ALIVE = /^\s*$|\b(?:ping|pong|heartbeat|keep-?alive)\b/iu;

/** Keep-alive messages of one socket in one interval: libraries send one in some seconds. */
const MAX_MESSAGES = 10;
const INTERVAL_MS = 10_000;

/** True for a message that a library sends to keep a connection open. A binary one may be one byte. */
export function isKeepAlive(message: string | ArrayBuffer): boolean {
  if (typeof message === "string") return message.length <= MAX_BYTES && KEEP_ALIVE.test(message);
  const { byteLength } = message;
  return (
    byteLength <= 1 || (byteLength <= MAX_BYTES && isKeepAlive(new TextDecoder().decode(message)))
  );
}

/**
 * Counts the keep-alive messages of each socket, as each wakes the object. The counts are lost when it
 * hibernates, which it does only after some seconds without a message.
 */
export class KeepAlives {
  readonly #counts = new WeakMap<WebSocket, { from: number; count: number }>();

  /** Returns true if the socket may send another message. */
  accepts(socket: WebSocket, message: string | ArrayBuffer): boolean {
    if (!isKeepAlive(message)) return false;
    const now = Date.now();
    const known = this.#counts.get(socket);
    const current = known && now - known.from < INTERVAL_MS ? known : { from: now, count: 0 };
    current.count++;
    this.#counts.set(socket, current);
    return current.count <= MAX_MESSAGES;
  }
}
