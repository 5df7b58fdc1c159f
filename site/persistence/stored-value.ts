/**
 * One value in the browser's storage. If the browser doesn't allow that, or has no space, the page
 * remembers the value until it's closed.
 */
export class StoredValue {
  readonly #storage: () => Storage;
  readonly #key: string;
  #unsaved: string | null = null;

  /** @param storage such as `() => localStorage`, as reading that property throws if cookies are blocked */
  constructor(storage: () => Storage, key: string) {
    this.#storage = storage;
    this.#key = key;
  }

  /** Returns null if there is none. */
  get(): string | null {
    try {
      return this.#unsaved ?? this.#storage().getItem(this.#key);
    } catch {
      return null;
    }
  }

  /** @param value null deletes it */
  set(value: string | null): void {
    this.#unsaved = null;
    try {
      if (value === null) this.#storage().removeItem(this.#key);
      else this.#storage().setItem(this.#key, value);
    } catch {
      this.#unsaved = value;
    }
  }
}
