import type { ReadonlySignal } from "@preact/signals";
import type { Limits } from "../../protocol/index.ts";

/** Longest time that the server has to tell the limits. Without them, only the server refuses files. */
const PATIENCE_MS = 3000;

/** The limits of a batch that isn't created yet. */
export interface NextLimits {
  readonly value: ReadonlySignal<Limits>;
  /**
   * Resolves once the server has told them, or had three seconds to do so. Asks it again if it hasn't told
   * them before. Call once for the files of a drop.
   */
  ready(): Promise<void>;
  /** Call when the next batch may have other limits than the last one. */
  renew(): void;
}

/** Resolves as the promise does, and after three seconds at the latest. */
export function briefly(promise: Promise<void>): Promise<void> {
  return Promise.race([promise, new Promise<void>((end) => setTimeout(end, PATIENCE_MS))]);
}
