import { signal } from "@preact/signals";
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { ResumableBatch } from "../../client/index.ts";

/** Record of a batch that was uploaded from this browser. */
export interface SavedBatch extends ResumableBatch {
  /** ISO 8601. */
  createdAt: string;
  /** The grant's name for its owner; absent for an anonymous owner. */
  owner?: string;
  /** True if its files came in folders. To resume, the page then asks for a folder. */
  hasFolders: boolean;
  /** True if there is nothing left to send. The record is kept for its tokens, which open the batch. */
  isOver: boolean;
  /** The batch's name, if it has one. */
  name?: string;
  /** Time in ISO 8601 at which its files are deleted; null if they stay. Absent before its end. */
  keepUntil?: string | null;
  /** Number of its files, once it is over. */
  files?: number;
  /** Ids of the files that were cancelled and of which the server may not have been told. */
  cancelled?: readonly number[];
  /** A row of tiny pictures of its first photos. */
  pictures?: Blob;
  /** Time in ISO 8601 at which it was found to be deleted. */
  deletedAt?: string;
}

/** The contents of several files in one Blob, as browsers write one Blob far faster than many. */
export interface Pack {
  /** File ids, in the order of their bytes. */
  files: number[];
  /** Bytes of each file. */
  sizes: number[];
  content: Blob;
}

/** Batch id, and a number that is unique within the batch and store. */
type Key = [batch: string, place: number];

interface Schema extends DBSchema {
  batches: { key: string; value: SavedBatch };
  packs: { key: Key; value: Pack };
  handles: { key: Key; value: FileSystemHandle };
}

/** Stores that hold the contents of unfinished batches. */
export const CONTENT_STORES = ["packs", "handles"] as const;

type Database = IDBPDatabase<Schema>;

let opened: Promise<Database> | null = null;

/** Returns the page's database. Rejects if the browser doesn't allow storage. */
export function database(): Promise<Database> {
  opened ??= open();
  return opened;
}

/** Async, as a browser that blocks cookies throws at once. */
async function open(): Promise<Database> {
  return openDB<Schema>("tallyman", 1, {
    upgrade(created) {
      created.createObjectStore("batches", { keyPath: "id" });
      for (const store of CONTENT_STORES) created.createObjectStore(store);
    },
  });
}

/** True if this window saves nothing: the browser blocks its storage, or has no space for it. */
export const savesNothing = signal(false);

/** True if this window saves the batch that is being sent, but not its files. They are chosen again then. */
export const savesNoFiles = signal(false);

/** Changes the database, unless an earlier change was refused. The page works without. */
export async function change(run: (saved: Database) => Promise<unknown>): Promise<void> {
  if (savesNothing.peek()) return;
  try {
    const saved = await database().catch(() => null);
    if (saved === null) savesNothing.value = true;
    else await run(saved);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    savesNothing.value = true;
  }
}

/** Returns the keys of everything that a content store has for a batch. */
export function keysOf(batch: string): IDBKeyRange {
  // IndexedDB sorts arrays after numbers.
  return IDBKeyRange.bound([batch], [batch, []]);
}
