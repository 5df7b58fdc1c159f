import { expect, it } from "vitest";
import { StoredValue } from "./stored-value.ts";

/** The parts of a browser's storage that are used. */
class MemoryStorage implements Storage {
  readonly #items = new Map<string, string>();

  get length(): number {
    return this.#items.size;
  }

  getItem(key: string): string | null {
    return this.#items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.#items.set(key, value);
  }

  removeItem(key: string): void {
    this.#items.delete(key);
  }

  clear(): void {
    this.#items.clear();
  }

  key(index: number): string | null {
    return [...this.#items.keys()][index] ?? null;
  }
}

/** The storage of a private window in older WebKits. */
class FullStorage extends MemoryStorage {
  override setItem(): void {
    throw new DOMException("full", "QuotaExceededError");
  }
}

function blocked(): Storage {
  throw new DOMException("blocked", "SecurityError");
}

it("is saved, for another page as well", () => {
  const storage = new MemoryStorage();
  new StoredValue(() => storage, "a").set("1");
  const value = new StoredValue(() => storage, "a");
  expect([value.get(), new StoredValue(() => storage, "b").get()]).toEqual(["1", null]);
  value.set(null);
  expect([value.get(), storage.length]).toEqual([null, 0]);
});

it("is the one that another page has saved since", () => {
  const storage = new MemoryStorage();
  const value = new StoredValue(() => storage, "a");
  value.set("1");
  new StoredValue(() => storage, "a").set("2");
  expect(value.get()).toBe("2");
});

const full = new FullStorage();

it.each([
  ["has no space", () => full],
  ["is blocked", blocked],
])("is remembered by the page if the storage %s", (_, storage) => {
  const value = new StoredValue(storage, "a");
  expect(value.get()).toBeNull();
  value.set("1");
  expect(value.get()).toBe("1");
  value.set(null);
  expect(value.get()).toBeNull();
});
