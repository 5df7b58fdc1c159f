import { type ReadonlySignal, useComputed } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { format, words } from "../i18n/index.ts";
import { useLive } from "../ui/use-live.ts";
import type { Board } from "./board.ts";
import { SpeedMeter } from "./speed-meter.ts";

/** Bytes, speed, and time left or total duration. */
export function Figures({ board }: { board: Board }) {
  const meter = useMemo(() => new SpeedMeter(), [board]);
  useEffect(() => meter.start(board), [board]);
  const bytes = useLive(board, () => bytesText(board));
  const speed = useComputed(() => speedText(board, meter));
  const time = useComputed(() => timeText(board, meter));
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
  const { files, bytes, receivedBytes } = ledger.currentTotals;
  return files === 0 ? words.count.unknown : words.count.bytesOf(receivedBytes, bytes);
}

function speedText(board: Board, meter: SpeedMeter): string {
  const speed = board.hasEnded.value ? averageSpeed(board) : meter.speed.value;
  return speed === null || speed < 1 ? words.count.unknown : format.speed(speed);
}

/** Returns the average speed of the whole batch in bytes per second; null before its end. */
function averageSpeed(board: Board): number | null {
  const summary = board.summary.value;
  return summary && (summary.bytes * 1000) / Math.max(1, summary.durationMs);
}

function timeText(board: Board, meter: SpeedMeter): string {
  const summary = board.hasEnded.value ? board.summary.value : null;
  if (summary) return format.duration(Math.max(1, summary.durationMs / 1000));
  const seconds = meter.secondsLeft.value;
  return seconds === null ? words.count.unknown : words.count.about(seconds);
}
