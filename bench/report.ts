import { LIMITS } from "../protocol/index.ts";
import type { DeclaringRun } from "./declaring.ts";
import type { Round } from "./rounds.ts";
import type { Workload } from "./workloads.ts";

/** Ratios say how many times as fast as the bare Worker Tallyman is, by the clock and by workerd's processor time. */
export const TABLE_HEAD = [
  "| files | bare files/s | Tallyman files/s | bare MB/s | Tallyman MB/s | ratio | goal | ratio, all rounds | ratio by CPU | frames | Batch calls |",
  "|---|--:|--:|--:|--:|--:|--:|:-:|--:|--:|--:|",
].join("\n");

/** One line of the table, in Markdown; every number is the median of the rounds. */
export function tableLine(
  { name, files, bytes, goal }: Workload,
  rounds: readonly Round[],
): string {
  const bare = median(rounds.map((round) => round.bare.ms)) / 1000;
  const tallyman = median(rounds.map((round) => round.tallyman.ms)) / 1000;
  const ratios = rounds.map((round) => round.bare.ms / round.tallyman.ms);
  const megabytes = (files * bytes) / 1e6;
  const cells = [
    name,
    ...[files / bare, files / tallyman].map((speed) => speed.toPrecision(3)),
    ...[megabytes / bare, megabytes / tallyman].map((speed) => speed.toPrecision(3)),
    median(ratios).toFixed(2),
    goal.toFixed(2),
    rangeOf(ratios),
    median(rounds.map((round) => round.bare.cpuMs / round.tallyman.cpuMs)).toFixed(2),
    median(rounds.map((round) => round.tallyman.frames)),
    median(rounds.map((round) => round.tallyman.batchCalls)),
  ];
  return `| ${cells.join(" | ")} |`;
}

export function declaringLine(runs: readonly DeclaringRun[]): string {
  const watching = median(runs.map((run) => run.connectedMs)).toFixed(1);
  const coming = median(runs.map((run) => run.laterMs)).toFixed(1);
  return (
    `Declaring ${LIMITS.files} files in one request: the first frame came ${watching} ms after the answer ` +
    `to a watcher who was there (negative: before it), ${coming} ms after it to one who came then.`
  );
}

/** From the least to the greatest of several ratios. */
export function rangeOf(ratios: readonly number[]): string {
  return `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
}

/** The middle one, or the mean of the two in the middle; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const pair = sorted.slice(Math.ceil(middle) - 1, Math.floor(middle) + 1);
  return pair.reduce((sum, value) => sum + value, 0) / pair.length;
}
