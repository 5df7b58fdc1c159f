import { format } from "../i18n/index.ts";
import { words } from "../i18n/page.ts";
import { BANDWIDTH_LIMITS, type BandwidthLimit } from "./bandwidth-limit.ts";

/** Sets the bandwidth limit, also during an upload. */
export function BandwidthSelect({ limit }: { limit: BandwidthLimit }) {
  const select = ({ currentTarget: { value } }: { currentTarget: HTMLSelectElement }): void =>
    limit.set(value === "" ? null : Number(value));
  return (
    <select
      aria-label={words.bandwidth.limit}
      value={limit.bytesPerSecond.value ?? ""}
      onChange={select}
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
