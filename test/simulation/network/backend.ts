import type { Core } from "../core.ts";
import { Host } from "../time/host.ts";

/** Address of the app's backend. */
const URL = "https://backend.test/hooks";

/** The operator's settings that announce completed batches to it. */
export const WEBHOOK_SETTINGS = {
  WEBHOOK_URL: URL,
  WEBHOOK_SECRET: `whsec_${Buffer.from("signs-only-the-webhooks-of-a-simulation").toString("base64")}`,
};

/** An event as the backend gets it. */
export interface ReceivedEvent {
  /** `webhook-id`. */
  id: string;
  body: string;
}

/**
 * The app's backend, which is told of each completed batch. It can be unreachable, refuse an event, never
 * respond, or lose its response after it has got the event.
 */
export class Backend {
  readonly #core: Core;
  readonly #host = new Host("backend");
  readonly #onEvent: (event: ReceivedEvent) => void;

  constructor(core: Core, onEvent: (event: ReceivedEvent) => void) {
    this.#core = core;
    this.#onEvent = onEvent;
  }

  /** True for a request to the backend. */
  has(url: string): boolean {
    return url === URL;
  }

  /** The `fetch` of the current object. */
  fetch({ headers, body, signal }: RequestInit): Promise<Response> {
    const { faults, scheduler } = this.#core;
    const object = scheduler.current;
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    signal?.addEventListener("abort", () => reject(signal.reason));
    const lose = () => {
      this.#after(object, "loses the backend", () => reject(new TypeError("Connection lost.")));
    };
    if (faults.occurs("requestLost")) lose();
    else {
      this.#after(this.#host, "gets an event", () => {
        this.#onEvent({
          id: new Headers(headers).get("webhook-id") ?? "",
          body: typeof body === "string" ? body : "",
        });
        if (faults.occurs("silence")) return;
        if (faults.occurs("answerLost")) return lose();
        const status = faults.occurs("busy") ? 503 : 204;
        this.#after(object, "hears from the backend", () => {
          resolve(new Response(null, { status }));
        });
      });
    }
    return promise;
  }

  #after(host: Host, label: string, run: () => void): void {
    const { random, scheduler, latencyMs } = this.#core;
    scheduler.after(random.skewed(1, latencyMs), host, label, run);
  }
}
