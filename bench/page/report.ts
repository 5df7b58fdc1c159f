import { rowOf } from "../report.ts";
import type { Measurement } from "./probe.ts";

/** The upload of one page. */
export interface PageUpload {
  measurement: Measurement;
  files: number;
  /** The longest time to watch, in ms. */
  limitMs: number;
}

/** A goal for Tallyman's page. */
export interface Goal {
  name: string;
  goal: string;
  measured: string;
  isReached: boolean;
}

/** A figure that is measured on every page, with Tallyman's goal. */
interface Figure {
  title: string;
  of: (upload: PageUpload) => string;
  goal?: { text: string; isReached: (upload: PageUpload) => boolean };
}

const FIGURES: readonly Figure[] = [
  {
    title: "list on screen, ms",
    of: ({ measurement }) => msOf(measurement.firstRowMs),
    goal: {
      text: "< 150",
      isReached: ({ measurement }) => (measurement.firstRowMs ?? Infinity) < 150,
    },
  },
  { title: "all listed, ms", of: ({ measurement }) => msOf(measurement.listedMs) },
  {
    title: "confirmed",
    of: ({ measurement }) => `${measurement.confirmed}`,
    goal: { text: "all", isReached: ({ measurement, files }) => measurement.confirmed === files },
  },
  { title: "files/s", of: (upload) => perSecondOf(upload).toPrecision(3) },
  {
    title: "tasks over 50 ms, sum, ms",
    of: ({ measurement }) => msOf(sumOf(measurement.longTasks)),
    goal: { text: "< 200", isReached: ({ measurement }) => sumOf(measurement.longTasks) < 200 },
  },
  {
    title: "longest task, ms",
    of: ({ measurement }) => msOf(maxOf(measurement.longTasks)),
    goal: { text: "≤ 100", isReached: ({ measurement }) => maxOf(measurement.longTasks) <= 100 },
  },
  {
    title: "frame gap, 95 %, ms",
    of: ({ measurement }) => msOf(percentile(measurement.gaps, 0.95)),
    goal: {
      text: "≤ 34",
      isReached: ({ measurement }) => percentile(measurement.gaps, 0.95) <= 34,
    },
  },
  {
    title: "elements",
    of: ({ measurement }) => `${measurement.elements}`,
    goal: { text: "< 600", isReached: ({ measurement }) => measurement.elements < 600 },
  },
  {
    title: "largest step of the bar, points",
    of: ({ measurement }) => measurement.step?.toFixed(2) ?? "–",
    goal: { text: "≤ 1", isReached: ({ measurement }) => (measurement.step ?? Infinity) <= 1 },
  },
  {
    title: "largest step back",
    of: ({ measurement }) => measurement.stepBack?.toFixed(2) ?? "–",
    goal: { text: "0", isReached: ({ measurement }) => measurement.stepBack === 0 },
  },
];

/** Returns all figures of all pages, as a table in Markdown. */
export function tableOf(uploads: ReadonlyMap<string, PageUpload>): string {
  const figuresOf = (upload: PageUpload) => FIGURES.map(({ of }) => of(upload));
  const rows = [...uploads].map(([page, upload]) => [page].concat(figuresOf(upload)));
  const rule = ["---", ...FIGURES.map(() => "--:")];
  const titles = ["page", ...FIGURES.map(({ title }) => title)];
  return [titles, rule, ...rows].map(rowOf).join("\n");
}

/** Compares the figures of Tallyman's page with their goals. */
export function goalsOf(upload: PageUpload): Goal[] {
  return FIGURES.flatMap(({ title, of, goal }) => {
    if (goal === undefined) return [];
    const isReached = goal.isReached(upload);
    return [{ name: title, goal: goal.text, measured: of(upload), isReached }];
  });
}

/** Returns a table of the goals in Markdown, and a sentence that names the missed ones. */
export function goalTableOf(goals: readonly Goal[]): string {
  const titles = ["Tallyman", "goal", "measured", "reached"];
  const rows = goals.map(({ name, goal, measured, isReached }) => [
    name,
    goal,
    measured,
    isReached ? "yes" : "**no**",
  ]);
  const table = [titles, ["---", "--:", "--:", "---"], ...rows].map(rowOf).join("\n");
  return `${table}\n\n${sentenceOf(goals)}`;
}

function sentenceOf(goals: readonly Goal[]): string {
  const missed = goals.filter(({ isReached }) => !isReached).map(({ name }) => name);
  if (missed.length === 0) return `All ${goals.length} goals are reached.`;
  return `${missed.length} of ${goals.length} goals are missed: ${missed.join("; ")}.`;
}

/** Confirmed files per second, over the time until the last one or until the limit. */
export function perSecondOf({ measurement: { confirmed, doneMs }, limitMs }: PageUpload): number {
  return (confirmed * 1000) / (doneMs ?? limitMs);
}

function msOf(ms: number | null): string {
  return ms === null || ms === Infinity ? "never" : ms.toFixed(0);
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function maxOf(values: readonly number[]): number {
  return Math.max(0, ...values);
}

/** The value that this share of all values is below; infinite for an empty list. */
function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Infinity;
}
