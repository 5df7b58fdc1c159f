import { LIMITS } from "../protocol/index.ts";
import type { DeclaringRun } from "./declaring.ts";
import type { Round } from "./rounds.ts";
import type { Workload } from "./workloads.ts";

/**
 * The head of the table in Markdown. A ratio is Tallyman's speed as a multiple of the bare Worker's:
 * by the clock, and by the processor time of workerd.
 */
export const TABLE_HEAD = [
  "| files | bare files/s | Tallyman files/s | bare MB/s | Tallyman MB/s | ratio | goal | ratio, all rounds | ratio by CPU | frames | Batch calls |",
  "|---|--:|--:|--:|--:|--:|--:|:-:|--:|--:|--:|",
].join("\n");

/** Returns a row of the table. All figures are medians of the rounds. */
export function tableLine(
  { name, files, bytes, goal }: Workload,
  rounds: readonly Round[],
): string {
  const bare = median(rounds.map((round) => round.bare.ms)) / 1000;
  const tallyman = median(rounds.map((round) => round.tallyman.ms)) / 1000;
  const ratios = rounds.map((round) => round.bare.ms / round.tallyman.ms);
  const megabytes = (files * bytes) / 1e6;
  return rowOf([
    name,
    ...[files / bare, files / tallyman].map((speed) => speed.toPrecision(3)),
    ...[megabytes / bare, megabytes / tallyman].map((speed) => speed.toPrecision(3)),
    median(ratios).toFixed(2),
    goal.toFixed(2),
    rangeOf(ratios),
    median(rounds.map((round) => round.bare.cpuMs / round.tallyman.cpuMs)).toFixed(2),
    median(rounds.map((round) => round.tallyman.frames)),
    median(rounds.map((round) => round.tallyman.batchCalls)),
  ]);
}

export function declaringLine(runs: readonly DeclaringRun[]): string {
  const connected = median(runs.map((run) => run.connectedMs)).toFixed(1);
  const later = median(runs.map((run) => run.laterMs)).toFixed(1);
  return (
    `Declaring ${LIMITS.files} files in one request: a connected watcher receives its first frame ` +
    `${connected} ms after the response (negative: before it). A watcher that connects after the ` +
    `response receives it in ${later} ms.`
  );
}

/** Returns a table row in Markdown. */
export function rowOf(cells: readonly (string | number)[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** Returns the lowest and the highest of several ratios, as text. */
export function rangeOf(ratios: readonly number[]): string {
  return `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
}

/** Returns the median: for an even count the mean of the middle two, NaN for an empty list. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const pair = sorted.slice(Math.ceil(middle) - 1, Math.floor(middle) + 1);
  return pair.reduce((sum, value) => sum + value, 0) / pair.length;
}
