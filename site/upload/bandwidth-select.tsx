import { BANDWIDTH_LIMITS, type BandwidthLimit } from "./bandwidth-limit.ts";
import { format } from "../i18n/index.ts";
import { words } from "../i18n/page.ts";

/** How fast to send at most; also while files are on their way. */
export function BandwidthSelect({ limit }: { limit: BandwidthLimit }) {
  const choose = ({ currentTarget: { value } }: { currentTarget: HTMLSelectElement }): void =>
    limit.choose(value === "" ? null : Number(value));
  return (
    <select
      aria-label={words.speed.limit}
      value={limit.bytesPerSecond.value ?? ""}
      onChange={choose}
    >
      <option value="">{words.speed.none}</option>
      {BANDWIDTH_LIMITS.map((rate) => (
        <option key={rate} value={rate}>
          {words.speed.atMost(format.speed(rate))}
        </option>
      ))}
    </select>
  );
}
