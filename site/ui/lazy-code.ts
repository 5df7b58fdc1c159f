import { signal } from "@preact/signals";
import { surface } from "../../client/surface.ts";
import { isThrownByScript } from "../../client/thrown-by-script.ts";

/** Code that is loaded after the first script. */
export class LazyCode<Module> {
  /** Null until it has loaded. */
  readonly module = signal<Module | null>(null);
  /** True if the last attempt to load it failed. */
  readonly hasFailed = signal(false);
  readonly #import: () => Promise<Module>;

  /** @param load an `import()` */
  constructor(load: () => Promise<Module>) {
    this.#import = load;
  }

  /** Loads the code. Call again after a failure; back online, it is loaded by itself. */
  async load(): Promise<void> {
    if (this.module.peek() !== null) return;
    this.hasFailed.value = false;
    // No try block around both: an error of what uses the code is no failure to load it.
    await this.#import().then(
      (module) => void (this.module.value = module),
      (error: unknown) => this.#onFailed(error),
    );
  }

  async #onFailed(error: unknown): Promise<void> {
    this.hasFailed.value = true;
    addEventListener("online", () => void this.load(), { once: true });
    if (await isThrownByScript(this.#import, error)) surface(error);
  }
}
