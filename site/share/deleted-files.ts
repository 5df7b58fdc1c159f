import { signal } from "@preact/signals";

/** Number of files in the batch that was just deleted on this page; null if none was. */
export const deletedFiles = signal<number | null>(null);
