import { useComputed } from "@preact/signals";
import { words } from "../i18n/index.ts";
import type { Board } from "./board.ts";

/** The whole batch as one bar: stored, sent, failed and cancelled bytes, to scale. */
export function BatchBar({ board }: { board: Board }) {
  const { stored, confirmed, sent, failed, cancelled } = board.bar;
  const text = useComputed(() => words.count.value(stored.value, sent.value, failed.value));
  const style = useComputed(
    () =>
      `--sent: ${sent.value / 100}; --stored: ${stored.value / 100};` +
      `--failed: ${failed.value}%; --cancelled: ${cancelled.value}%`,
  );
  return (
    <div class="overall" part="overall" data-ended={board.hasEnded}>
      <div
        class="batch-bar"
        part="bar"
        role="progressbar"
        aria-label={words.count.label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={confirmed}
        aria-valuetext={text}
        style={style}
      >
        <span class="bar-sent" />
        <span class="bar-stored" />
        <span class="bar-rest">
          <span class="bar-cancelled" />
          <span class="bar-failed" />
        </span>
      </div>
    </div>
  );
}
