import { surface } from "./surface.ts";

type Listener<Detail> = (detail: Detail) => void;
type Listeners<Events> = { [Name in keyof Events]?: Set<Listener<Events[Name]>> };

/**
 * Typed events. `Events` maps each event's name to the type of its detail.
 *
 * @example
 * const emitter = new Emitter<{ tick: number }>();
 * const off = emitter.on("tick", (count) => console.log(count));
 */
export class Emitter<Events extends object> {
  readonly #listeners: Listeners<Events> = {};

  /** Calls `listener` on every `name` event. Returns a function that removes the listener. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    const listeners = (this.#listeners[name] ??= new Set());
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  /** Calls the listeners. One that throws stops neither the others nor the caller: its error is uncaught. */
  emit<Name extends keyof Events>(name: Name, detail: Events[Name]): void {
    for (const listener of this.#listeners[name] ?? []) {
      try {
        listener(detail);
      } catch (error) {
        surface(error);
      }
    }
  }
}
