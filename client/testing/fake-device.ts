import { vi } from "vitest";

/** Gives Node the events and the navigator by which a page learns of its network. */
export class FakeDevice {
  readonly #events = new EventTarget();
  readonly #navigator = { onLine: true };

  constructor() {
    vi.stubGlobal("addEventListener", (...args: Parameters<EventTarget["addEventListener"]>) =>
      this.#events.addEventListener(...args),
    );
    vi.stubGlobal("navigator", this.#navigator);
  }

  /** Connects or disconnects the network. */
  setNetwork(event: "online" | "offline"): void {
    this.#navigator.onLine = event === "online";
    this.#events.dispatchEvent(new Event(event));
  }

  remove(): void {
    vi.unstubAllGlobals();
  }
}
