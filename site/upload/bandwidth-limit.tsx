import type { Signal } from "@preact/signals";
import { format } from "../i18n/index.ts";
import { words } from "../i18n/page.ts";

const KEY = "tallyman:bytes-per-second";

/** What can be chosen, in bytes per second: from a shared phone line to a good part of a fast one. */
const BANDWIDTH_LIMITS: readonly number[] = [
  100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000,
];

/** The most that uploads of this page may send, as chosen here before or now. */
export class BandwidthLimit {
  /** Null is as fast as it goes. */
  readonly bytesPerSecond: Signal<number | null>;

  /** @param bytesPerSecond what keeps to it */
  constructor(bytesPerSecond: Signal<number | null>) {
    this.bytesPerSecond = bytesPerSecond;
    bytesPerSecond.value = loadLimit();
  }

  choose(bytesPerSecond: number | null): void {
    this.bytesPerSecond.value = bytesPerSecond;
    saveLimit(bytesPerSecond);
  }
}

// A browser may keep nothing for a page: then the choice lasts as long as the page does.

function loadLimit(): number | null {
  try {
    const kept = Number(localStorage.getItem(KEY));
    return BANDWIDTH_LIMITS.includes(kept) ? kept : null;
  } catch {
    return null;
  }
}

function saveLimit(bytesPerSecond: number | null): void {
  try {
    if (bytesPerSecond === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, `${bytesPerSecond}`);
  } catch {
    // It lasts as long as the page does.
  }
}

/** How fast to send at most; also while files are on their way. */
export function BandwidthSelect({ limit }: { limit: BandwidthLimit }) {
  const choose = ({ currentTarget: { value } }: { currentTarget: HTMLSelectElement }): void =>
    limit.choose(value === "" ? null : Number(value));
  return (
    <select
      aria-label={words.bandwidth.limit}
      value={limit.bytesPerSecond.value ?? ""}
      onChange={choose}
    >
      <option value="">{words.bandwidth.none}</option>
      {BANDWIDTH_LIMITS.map((rate) => (
        <option key={rate} value={rate}>
          {words.bandwidth.atMost(format.speed(rate))}
        </option>
      ))}
    </select>
  );
}
