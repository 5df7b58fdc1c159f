import type { Lanes } from "../send/concurrency.ts";
import type { Naps } from "../send/retry-timers.ts";
import type { Asked } from "./retry.ts";

/** Rests that the server has asked for: who asks one request to wait would ask the others as well. */
export class Rests {
  readonly #lanes: Pick<Lanes<never>, "hold" | "release">;
  readonly #naps: Naps;
  readonly #onAsked: Asked;
  /** How many requests were asked to wait, and still do. */
  #count = 0;

  constructor(lanes: Pick<Lanes<never>, "hold" | "release">, naps: Naps, onAsked: Asked) {
    this.#lanes = lanes;
    this.#naps = naps;
    this.#onAsked = onAsked;
  }

  /** Begins nothing new for so many milliseconds. */
  begin(ms: number): void {
    this.#count++;
    this.#lanes.hold("asked");
    this.#onAsked(ms);
    this.#naps.after(ms, () => this.#end(), false);
  }

  #end(): void {
    if (--this.#count > 0) return;
    this.#onAsked(null);
    this.#lanes.release("asked");
  }
}
