import type { Signal } from "@preact/signals";
import { StoredValue } from "../persistence/stored-value.ts";

const saved = new StoredValue(() => localStorage, "tallyman:bytes-per-second");

/** Choices in bytes per second, from a shared phone connection to a part of a fast line. */
export const BANDWIDTH_LIMITS: readonly number[] = [
  100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000,
];

/** The bandwidth limit of the page's uploads. Saved in the browser, if it has storage. */
export class BandwidthLimit {
  /** Null means no limit. */
  readonly bytesPerSecond: Signal<number | null>;

  /** @param bytesPerSecond the signal that the uploads follow; set to the saved limit */
  constructor(bytesPerSecond: Signal<number | null>) {
    this.bytesPerSecond = bytesPerSecond;
    bytesPerSecond.value = loadLimit();
  }

  set(bytesPerSecond: number | null): void {
    this.bytesPerSecond.value = bytesPerSecond;
    saved.set(bytesPerSecond === null ? null : `${bytesPerSecond}`);
  }
}

function loadLimit(): number | null {
  const limit = Number(saved.get());
  return BANDWIDTH_LIMITS.includes(limit) ? limit : null;
}
