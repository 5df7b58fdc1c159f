import { type ReadonlySignal, useComputed } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { Board } from "./board.ts";
import { SpeedMeter } from "./speed-meter.ts";
import { format, words } from "../i18n/index.ts";
import { useLive } from "../ui/use-live.ts";

/** Bytes, speed and time, in numbers that do not jump. */
export function Figures({ board }: { board: Board }) {
  const pacing = useMemo(() => new SpeedMeter(), [board]);
  useEffect(() => pacing.start(board), [board]);
  const bytes = useLive(board, () => bytesText(board));
  const speed = useComputed(() => speedText(board, pacing));
  const time = useComputed(() => timeText(board, pacing));
  const timeLabel = useComputed(() =>
    board.hasEnded.value ? words.count.duration : words.count.timeLeft,
  );
  return (
    <dl class="figures" part="figures">
      <Figure label={words.count.bytes} value={bytes} />
      <Figure label={words.count.speed} value={speed} />
      <Figure label={timeLabel} value={time} />
    </dl>
  );
}

interface FigureProps {
  label: ReadonlySignal<string> | string;
  value: ReadonlySignal<string>;
}

function Figure({ label, value }: FigureProps) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function bytesText({ ledger }: Board): string {
  if (ledger.totals.files === 0) return words.count.unknown;
  return words.count.bytesOf(ledger.totals.receivedBytes, ledger.totals.bytes);
}

function speedText(board: Board, pacing: SpeedMeter): string {
  const speed = board.hasEnded.value ? averageSpeed(board) : pacing.speed.value;
  return speed === null || speed < 1 ? words.count.unknown : format.speed(speed);
}

/** Bytes per second over the whole batch; null before its end. */
function averageSpeed(board: Board): number | null {
  const summary = board.summary.value;
  return summary && (summary.bytes * 1000) / Math.max(1, summary.durationMs);
}

function timeText(board: Board, pacing: SpeedMeter): string {
  const summary = board.hasEnded.value ? board.summary.value : null;
  if (summary) return format.duration(Math.max(1, summary.durationMs / 1000));
  const left = pacing.secondsLeft.value;
  return left === null ? words.count.unknown : words.count.about(left);
}
