/** Time between two samples, in ms. */
const SAMPLE_MS = 250;

/** Samples the requests of this process that wait for a response. */
export class RequestsInFlight {
  /** The most since the previous sample. */
  #most = 0;
  #count = 0;
  #samples: number[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Counts every request that this process sends from now on. */
  constructor() {
    const send = globalThis.fetch;
    globalThis.fetch = async (...request) => {
      this.#count++;
      this.#most = Math.max(this.#most, this.#count);
      try {
        return await send(...request);
      } finally {
        this.#count--;
      }
    };
  }

  start(): void {
    this.#samples = [];
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS);
  }

  /** Returns the most requests in flight in each quarter of a second since `start`. */
  stop(): number[] {
    clearInterval(this.#timer);
    return this.#samples;
  }

  #sample(): void {
    this.#samples.push(this.#most);
    this.#most = this.#count;
  }
}
