type Listener<Detail> = (detail: Detail) => void;
type Listeners<Events> = { [Name in keyof Events]?: Set<Listener<Events[Name]>> };

/**
 * Typed events. `Events` maps each event's name to its detail.
 *
 * @example
 * const emitter = new Emitter<{ tick: number }>();
 * const off = emitter.on("tick", (count) => console.log(count));
 */
export class Emitter<Events extends object> {
  readonly #listeners: Listeners<Events> = {};

  /** Calls `listener` at every `name`; the answer is the function that ends that. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    const listeners = (this.#listeners[name] ??= new Set());
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  emit<Name extends keyof Events>(name: Name, detail: Events[Name]): void {
    for (const listener of this.#listeners[name] ?? []) listener(detail);
  }
}
