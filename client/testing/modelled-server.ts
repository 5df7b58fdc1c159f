import { CongestionControl } from "../send/congestion.ts";

interface ServerOptions {
  /** Requests that are worked on at a time; others wait in their order. */
  capacity: number;
  /** Time of a request apart from waiting, in ms. */
  serviceMs: number;
  /** Share of `serviceMs` by which it varies. */
  variation?: number;
  /** With more requests than this in flight, each new one is refused after `serviceMs` / 10. */
  refusesAbove?: number;
}

/** A request in the model. */
interface Running {
  client: ModelledClient;
  startedAt: number;
  endsAt: number;
  isRefused: boolean;
}

/** A server with a fixed capacity that clients share, in modelled time. */
export class ModelledServer {
  now = 0;
  options: ServerOptions;
  readonly #random: () => number;
  readonly #clients: ModelledClient[] = [];
  readonly #running: Running[] = [];
  /** Times at which each worker is free. */
  #workers: number[] = [];

  /** @param random returns numbers from 0 to 1 */
  constructor(options: ServerOptions, random: () => number) {
    this.options = options;
    this.#random = random;
  }

  /** Adds a client that always has something to send. */
  connect(most = Infinity): ModelledClient {
    const client = new ModelledClient(most);
    this.#clients.push(client);
    return client;
  }

  /** Advances the time. */
  run(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      for (const client of this.#clients) this.#fill(client);
      const next = this.#running.reduce((a, b) => (b.endsAt < a.endsAt ? b : a));
      if (next.endsAt > until) break;
      this.now = next.endsAt;
      this.#running.splice(this.#running.indexOf(next), 1);
      next.client.ended(next);
    }
    this.now = until;
  }

  #fill(client: ModelledClient): void {
    while (client.inFlight < client.control.limit) {
      client.inFlight++;
      client.limits.push([this.now, client.control.limit]);
      this.#running.push(this.#start(client));
    }
  }

  #start(client: ModelledClient): Running {
    const { capacity, serviceMs, variation = 0, refusesAbove = Infinity } = this.options;
    const started = { client, startedAt: this.now };
    if (this.#running.length >= refusesAbove)
      return { ...started, endsAt: this.now + serviceMs / 10, isRefused: true };
    const busy = this.#workers.filter((freeAt) => freeAt > this.now).toSorted((a, b) => a - b);
    const startsAt = busy.length < capacity ? this.now : (busy.at(-capacity) ?? this.now);
    const endsAt = startsAt + serviceMs * (1 + variation * (2 * this.#random() - 1));
    this.#workers = [...busy, endsAt];
    return { ...started, endsAt, isRefused: false };
  }
}

/** A client of the model. Each of its requests carries one unit of work. */
export class ModelledClient {
  readonly control: CongestionControl;
  inFlight = 0;
  done = 0;
  refusals = 0;
  /** Time and limit at the start of each request. */
  readonly limits: [ms: number, limit: number][] = [];

  constructor(most: number) {
    this.control = new CongestionControl(() => most);
  }

  ended({ startedAt, endsAt: endedAt, isRefused }: Running): void {
    const wasFull = this.inFlight >= this.control.limit;
    this.inFlight--;
    if (isRefused) {
      this.refusals++;
      this.control.refused({ startedAt, endedAt });
    } else {
      this.done++;
      this.control.finished({ startedAt, endedAt, weight: 1, wasFull });
    }
  }
}
