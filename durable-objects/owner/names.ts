import type { Metadata } from "../../protocol/index.ts";
import type { Account } from "./account.ts";
import type { EncodedName } from "./messages.ts";

/** Returns the name in a batch's metadata, encoded for a message to its owner; null without one. */
export function encodedName({ name }: Metadata): EncodedName | null {
  // A half of a surrogate pair has no encoding.
  return typeof name === "string" ? encodeURIComponent(name.toWellFormed()) : null;
}

/**
 * The names of an owner's batches. Each is a value of its own, because the account with its up to 6,000
 * batches is one value, which has no room for them. A list reads only those of its page.
 *
 * | key | value |
 * |---|---|
 * | `name/` and the batch's id | its name |
 */
export class BatchNames {
  readonly #kv: SyncKvStorage;

  constructor(storage: DurableObjectStorage) {
    this.#kv = storage.kv;
  }

  /** Returns the name of a batch; null without one. */
  of(id: string): string | null {
    return this.#kv.get<string>(nameKey(id)) ?? null;
  }

  /** @param name null for none; undefined in messages of an earlier version, which change nothing */
  set(id: string, name: EncodedName | null | undefined): void {
    if (name === undefined) return;
    const decoded = name === null ? null : decodeURIComponent(name);
    if (decoded === this.of(id)) return;
    if (decoded === null) this.#kv.delete(nameKey(id));
    else this.#kv.put(nameKey(id), decoded);
  }

  /** Deletes the names of batches that the account no longer lists. */
  deleteUnlisted(before: Account, after: Account): void {
    if (before.batches === after.batches) return;
    const listed = new Set(after.batches.map(({ id }) => id));
    for (const { id } of before.batches) if (!listed.has(id)) this.#kv.delete(nameKey(id));
  }
}

function nameKey(id: string): string {
  return `name/${id}`;
}
