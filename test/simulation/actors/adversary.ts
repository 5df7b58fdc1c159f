import { Host } from "../time/host.ts";
import type { World } from "../world.ts";

/** Repeats requests of all other actors at any time, also after the end of the batch, its cancellation or its deletion. */
export class Adversary {
  readonly #world: World;
  readonly #host = new Host("adversary");

  constructor(world: World) {
    this.#world = world;
  }

  /** Repeats up to `most` requests within `ms`, and at least one. */
  start(most: number, ms: number): void {
    const { random, scheduler } = this.#world;
    for (let left = random.whole(1, most); left > 0; left--) {
      const repeat = () => this.#world.repeatAnyRequest();
      scheduler.after(random.fraction() * ms, this.#host, "repeats a request", repeat);
    }
  }
}
