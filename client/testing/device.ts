import { vi } from "vitest";

/** Gives Node what a page has to hear of its network by. */
export class Device {
  readonly #events = new EventTarget();
  readonly #navigator = { onLine: true };

  constructor() {
    vi.stubGlobal("addEventListener", (...args: Parameters<EventTarget["addEventListener"]>) =>
      this.#events.addEventListener(...args),
    );
    vi.stubGlobal("navigator", this.#navigator);
  }

  /** The network comes, or goes. */
  go(event: "online" | "offline"): void {
    this.#navigator.onLine = event === "online";
    this.#events.dispatchEvent(new Event(event));
  }

  remove(): void {
    vi.unstubAllGlobals();
  }
}
