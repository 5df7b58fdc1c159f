import type { Measurement } from "./probe.ts";
import type { Goal } from "./goals.ts";

/** What was seen of a page, and how long it had at most. */
export interface PageUpload {
  measurement: Measurement;
  files: number;
  limitMs: number;
}

/** One figure of every page, and what Tallyman's is to be. */
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
    of: ({ measurement }) => msOf(longestOf(measurement.longTasks)),
    goal: {
      text: "≤ 100",
      isReached: ({ measurement }) => longestOf(measurement.longTasks) <= 100,
    },
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
    title: "back",
    of: ({ measurement }) => measurement.stepBack?.toFixed(2) ?? "–",
    goal: { text: "0", isReached: ({ measurement }) => measurement.stepBack === 0 },
  },
];

/** All figures of all pages in Markdown. */
export function tableOf(uploads: ReadonlyMap<string, PageUpload>): string {
  const figuresOf = (upload: PageUpload) => FIGURES.map(({ of }) => of(upload));
  const rows = [...uploads].map(([page, upload]) => [page].concat(figuresOf(upload)));
  const rule = ["---", ...FIGURES.map(() => "--:")];
  const titles = ["page", ...FIGURES.map(({ title }) => title)];
  return [titles, rule, ...rows].map(lineOf).join("\n");
}

/** What Tallyman's page is to reach by itself, and whether it did. */
export function goalsOf(upload: PageUpload): Goal[] {
  return FIGURES.flatMap(({ title, of, goal }) => {
    if (goal === undefined) return [];
    return [
      { name: title, goal: goal.text, measured: of(upload), isReached: goal.isReached(upload) },
    ];
  });
}

/** A row of a table in Markdown. */
export function lineOf(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** Files a second: of those that were confirmed, over the time that it took or that there was. */
export function perSecondOf({ measurement: { confirmed, doneMs }, limitMs }: PageUpload): number {
  return (confirmed * 1000) / (doneMs ?? limitMs);
}

function msOf(ms: number | null): string {
  return ms === null || ms === Infinity ? "never" : ms.toFixed(0);
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function longestOf(values: readonly number[]): number {
  return Math.max(0, ...values);
}

/** The value below which that share of all values is; infinite of nothing. */
function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Infinity;
}
