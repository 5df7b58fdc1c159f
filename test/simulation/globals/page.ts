import { type PageSocketWire, stage } from "../stage.ts";

/** Replaces the globals of a page, which Node lacks or has with real I/O. */
export function installPage(): void {
  Object.defineProperty(globalThis, "navigator", { value: pageNavigator, configurable: true });
  Object.assign(globalThis, {
    fetch: (...request: Parameters<typeof fetch>) => stage().fetch(...request),
    WebSocket: PageSocket,
    addEventListener: (...args: Parameters<EventTarget["addEventListener"]>) =>
      stage().scheduler.current.events.addEventListener(...args),
    removeEventListener: (...args: Parameters<EventTarget["removeEventListener"]>) =>
      stage().scheduler.current.events.removeEventListener(...args),
  });
  Object.assign(console, { warn: log, error: log });
}

/** `onLine` is always right here, unlike in real browsers. */
const pageNavigator = {
  get onLine(): boolean {
    return !stage().scheduler.current.isOffline;
  },
};

function log(...words: unknown[]): void {
  stage().log(words.map(String).join(" "));
}

const [CONNECTING, OPEN, CLOSED] = [0, 1, 3];

const HANDLED = ["open", "message", "close", "error"] as const;

type Handler = ((event: Event) => void) | null;

function isHandled(type: string): type is (typeof HANDLED)[number] {
  return HANDLED.some((handled) => handled === type);
}

/** The WebSocket of a page. */
class PageSocket extends EventTarget {
  static readonly CONNECTING = CONNECTING;
  static readonly OPEN = OPEN;
  static readonly CLOSING = 2;
  static readonly CLOSED = CLOSED;
  readonly url: string;
  readonly bufferedAmount = 0;
  binaryType = "blob";
  readyState = CONNECTING;
  onopen: Handler = null;
  onmessage: Handler = null;
  onclose: Handler = null;
  onerror: Handler = null;
  readonly #wire: PageSocketWire;

  constructor(url: string) {
    super();
    this.url = url;
    this.#wire = stage().connect(url, {
      onOpen: () => this.#open(),
      onMessage: (data) => this.dispatchEvent(new MessageEvent("message", { data })),
      onClose: (code, reason) => this.#closed(code, reason),
    });
  }

  send(text: string): void {
    if (this.readyState === OPEN) this.#wire.send(text);
  }

  close(code = 1000, reason = ""): void {
    if (this.readyState === CLOSED) return;
    this.#wire.close(code, reason);
    this.#closed(code, reason);
  }

  override dispatchEvent(event: Event): boolean {
    if (isHandled(event.type)) this[`on${event.type}`]?.(event);
    return super.dispatchEvent(event);
  }

  #open(): void {
    if (this.readyState !== CONNECTING) return;
    this.readyState = OPEN;
    this.dispatchEvent(new Event("open"));
  }

  #closed(code: number, reason: string): void {
    if (this.readyState === CLOSED) return;
    const wasOpen = this.readyState === OPEN;
    this.readyState = CLOSED;
    if (!wasOpen) this.dispatchEvent(new Event("error"));
    this.dispatchEvent(Object.assign(new Event("close"), { code, reason }));
  }
}
