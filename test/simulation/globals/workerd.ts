import { stage } from "../stage.ts";
import { type SocketEnd, SocketConnection } from "../network/socket-connection.ts";

/** Adds the globals that only workerd has, as far as the Worker uses them. */
export function installWorkerd(): void {
  Object.assign(globalThis, {
    FixedLengthStream,
    scheduler: { wait: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)) },
    WebSocketPair,
    WebSocketRequestResponsePair,
    Response: UpgradableResponse,
  });
  Object.assign(ReadableStreamBYOBReader.prototype, { readAtLeast });
  // Node's V8 does not have these yet.
  Object.assign(Uint8Array, {
    fromBase64: (text: string) => Buffer.from(text, "base64"),
    fromHex: (text: string) => Buffer.from(text, "hex"),
  });
  Object.assign(Uint8Array.prototype, { toHex });
}

function toHex(this: Uint8Array): string {
  return Buffer.from(this.buffer, this.byteOffset, this.byteLength).toString("hex");
}

/** workerd's method. The `min` option of Node's `read` fails if the stream ends before. */
async function readAtLeast(
  this: ReadableStreamBYOBReader,
  least: number,
  view: Uint8Array<ArrayBuffer>,
): Promise<{ done: boolean; value: Uint8Array<ArrayBuffer> | undefined }> {
  let { buffer } = view;
  const { byteOffset, byteLength } = view;
  let length = 0;
  while (length < least) {
    // Reading detaches the buffer and returns its memory in another one.
    const free = new Uint8Array(buffer, byteOffset + length, byteLength - length);
    const { done, value } = await this.read(free);
    if (value) buffer = value.buffer;
    if (done) return { done: length === 0, value: new Uint8Array(buffer, byteOffset, length) };
    length += value.length;
  }
  return { done: false, value: new Uint8Array(buffer, byteOffset, length) };
}

/** Passes on a fixed number of bytes, and fails if there are more or fewer. */
class FixedLengthStream extends TransformStream<Uint8Array, Uint8Array> {
  constructor(length: number) {
    let left = length;
    super({
      transform(chunk, controller) {
        left -= chunk.length;
        if (left < 0)
          throw new TypeError("Attempt to write too many bytes through a FixedLengthStream.");
        // workerd copies the bytes before the write resolves, so that the writer can reuse its memory.
        controller.enqueue(chunk.slice());
      },
      flush() {
        if (left > 0)
          throw new TypeError("FixedLengthStream did not see all expected bytes before close().");
      },
    });
  }
}

const SWITCHING_PROTOCOLS = 101;
const RealResponse = Response;

interface UpgradeInit extends ResponseInit {
  webSocket?: ServerSocket | null;
}

/** A Response that can open a WebSocket. Node's does not accept the status 101. */
export class UpgradableResponse extends RealResponse {
  readonly webSocket: ServerSocket | null;

  constructor(body?: BodyInit | null, init: UpgradeInit = {}) {
    const isUpgrade = init.status === SWITCHING_PROTOCOLS;
    super(body, isUpgrade ? { headers: init.headers ?? {} } : init);
    this.webSocket = init.webSocket ?? null;
    if (isUpgrade) Object.defineProperty(this, "status", { value: SWITCHING_PROTOCOLS });
  }
}

/** A message of a Durable Object's socket that is answered without waking the object. */
export class WebSocketRequestResponsePair {
  readonly request: string;
  readonly response: string;

  constructor(request: string, response: string) {
    this.request = request;
    this.response = response;
  }
}

/** Creates the two ends of a new connection. */
class WebSocketPair {
  readonly 0: ServerSocket;
  readonly 1: ServerSocket;

  constructor() {
    const [client, server] = new SocketConnection(stage()).ends;
    this[0] = new ServerSocket(client);
    this[1] = new ServerSocket(server);
  }
}

/** The WebSocket of a Worker or a Durable Object. */
export class ServerSocket extends EventTarget {
  readonly end: SocketEnd;
  /** Holds messages back until earlier writes are durable. */
  gate: (output: () => void) => void = (output) => output();

  constructor(end: SocketEnd) {
    super();
    this.end = end;
  }

  accept(): void {
    const { current: host } = stage().scheduler;
    this.end.attach({
      host,
      onMessage: (data) => this.dispatchEvent(new MessageEvent("message", { data })),
      onClose: () => this.dispatchEvent(new Event("close")),
    });
  }

  /** @throws TypeError if the socket is closed */
  send(text: string): void {
    if (!this.end.isOpen) throw new TypeError("Can't call WebSocket send() after close().");
    this.gate(() => {
      if (this.end.isOpen) this.end.send(text);
    });
  }

  close(code = 1005, reason = ""): void {
    this.gate(() => this.end.close(code, reason));
  }
}
