import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { ResumableBatch } from "../../client/index.ts";

/** What this browser keeps of a batch that was sent from here. */
export interface SavedBatch extends ResumableBatch {
  /** ISO 8601, as `expiresAt` is. */
  createdAt: string;
  /** As last known: activity renews it. */
  expiresAt: string;
  /** Did its files come in folders? Then a folder is what to ask for. */
  hasFolders: boolean;
  /** Is nothing left to be sent? Then it is kept for its tokens, which open it. */
  isOver: boolean;
}

/** Some files of a batch, one behind the other: a browser writes one Blob far faster than a hundred. */
export interface Pack {
  /** Ids, in the order of their bytes. */
  files: number[];
  /** Bytes of each. */
  sizes: number[];
  content: Blob;
}

/** A batch's id, and which of its packs or handles it is. */
type Key = [batch: string, place: number];

interface Schema extends DBSchema {
  batches: { key: string; value: SavedBatch };
  packs: { key: Key; value: Pack };
  handles: { key: Key; value: FileSystemHandle };
}

/** What is kept of a batch besides its record. */
export const CONTENT_STORES = ["packs", "handles"] as const;

let opened: Promise<IDBPDatabase<Schema>> | null = null;

/** What this browser keeps for the page. Throws where it keeps nothing. */
export function database(): Promise<IDBPDatabase<Schema>> {
  opened ??= openDB<Schema>("tallyman", 1, {
    upgrade(made) {
      made.createObjectStore("batches", { keyPath: "id" });
      for (const store of CONTENT_STORES) made.createObjectStore(store);
    },
  });
  return opened;
}

/** The keys of all that is kept of a batch. */
export function keysOf(batch: string): IDBKeyRange {
  // An array comes after every number.
  return IDBKeyRange.bound([batch], [batch, []]);
}
