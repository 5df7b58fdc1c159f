import type { Sighting } from "./probe.ts";
import type { Goal } from "./goals.ts";

/** What was seen of a page, and how long it had at most. */
export interface Upload {
  sighting: Sighting;
  files: number;
  limitMs: number;
}

/** One figure of every page, and what Tallyman's is to be. */
interface Figure {
  title: string;
  of: (upload: Upload) => string;
  goal?: { text: string; isReached: (upload: Upload) => boolean };
}

const FIGURES: readonly Figure[] = [
  {
    title: "list on screen, ms",
    of: ({ sighting }) => msOf(sighting.firstRowMs),
    goal: { text: "< 150", isReached: ({ sighting }) => (sighting.firstRowMs ?? Infinity) < 150 },
  },
  { title: "all listed, ms", of: ({ sighting }) => msOf(sighting.listedMs) },
  {
    title: "confirmed",
    of: ({ sighting }) => `${sighting.confirmed}`,
    goal: { text: "all", isReached: ({ sighting, files }) => sighting.confirmed === files },
  },
  { title: "files/s", of: (upload) => perSecondOf(upload).toPrecision(3) },
  {
    title: "tasks over 50 ms, sum, ms",
    of: ({ sighting }) => msOf(sumOf(sighting.longTasks)),
    goal: { text: "< 200", isReached: ({ sighting }) => sumOf(sighting.longTasks) < 200 },
  },
  {
    title: "longest task, ms",
    of: ({ sighting }) => msOf(longestOf(sighting.longTasks)),
    goal: { text: "≤ 100", isReached: ({ sighting }) => longestOf(sighting.longTasks) <= 100 },
  },
  {
    title: "frame gap, 95 %, ms",
    of: ({ sighting }) => msOf(percentile(sighting.gaps, 0.95)),
    goal: { text: "≤ 34", isReached: ({ sighting }) => percentile(sighting.gaps, 0.95) <= 34 },
  },
  {
    title: "elements",
    of: ({ sighting }) => `${sighting.elements}`,
    goal: { text: "< 600", isReached: ({ sighting }) => sighting.elements < 600 },
  },
  {
    title: "largest step of the bar, points",
    of: ({ sighting }) => sighting.step?.toFixed(2) ?? "–",
    goal: { text: "≤ 1", isReached: ({ sighting }) => (sighting.step ?? Infinity) <= 1 },
  },
  {
    title: "back",
    of: ({ sighting }) => sighting.stepBack?.toFixed(2) ?? "–",
    goal: { text: "0", isReached: ({ sighting }) => sighting.stepBack === 0 },
  },
];

/** All figures of all pages in Markdown. */
export function tableOf(uploads: ReadonlyMap<string, Upload>): string {
  const figuresOf = (upload: Upload) => FIGURES.map(({ of }) => of(upload));
  const rows = [...uploads].map(([page, upload]) => [page].concat(figuresOf(upload)));
  const rule = ["---", ...FIGURES.map(() => "--:")];
  const titles = ["page", ...FIGURES.map(({ title }) => title)];
  return [titles, rule, ...rows].map(lineOf).join("\n");
}

/** What Tallyman's page is to reach by itself, and whether it did. */
export function goalsOf(upload: Upload): Goal[] {
  return FIGURES.flatMap(({ title, of, goal }) => {
    if (goal === undefined) return [];
    return [{ what: title, goal: goal.text, seen: of(upload), isReached: goal.isReached(upload) }];
  });
}

/** A row of a table in Markdown. */
export function lineOf(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** Files a second: of those that were confirmed, over the time that it took or that there was. */
export function perSecondOf({ sighting: { confirmed, doneMs }, limitMs }: Upload): number {
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
