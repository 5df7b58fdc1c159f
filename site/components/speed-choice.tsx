import { SPEED_LIMITS, type SpeedLimit } from "../state/speed-limit.ts";
import { format } from "../words/index.ts";
import { words } from "../words/page.ts";

/** How fast to send at most; also while files are on their way. */
export function SpeedChoice({ limit }: { limit: SpeedLimit }) {
  const choose = ({ currentTarget: { value } }: { currentTarget: HTMLSelectElement }): void =>
    limit.choose(value === "" ? null : Number(value));
  return (
    <select
      aria-label={words.speed.limit}
      value={limit.bytesPerSecond.value ?? ""}
      onChange={choose}
    >
      <option value="">{words.speed.none}</option>
      {SPEED_LIMITS.map((rate) => (
        <option key={rate} value={rate}>
          {words.speed.atMost(format.speed(rate))}
        </option>
      ))}
    </select>
  );
}
