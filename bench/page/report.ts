import type { Sighting } from "./probe.ts";

/** What Tallyman is to reach, as the table shows it. */
const GOALS: Row = {
  page: "goal",
  firstRow: "< 150",
  listed: "",
  confirmed: "all",
  perSecond: "≥ 20 × Uppy's",
  longTasks: "< 200",
  longestTask: "≤ 100",
  gap: "≤ 34",
  elements: "< 600",
  step: "≤ 1",
  back: "0",
};

interface Row {
  page: string;
  firstRow: string;
  listed: string;
  confirmed: string;
  perSecond: string;
  longTasks: string;
  longestTask: string;
  gap: string;
  elements: string;
  step: string;
  back: string;
}

const TITLES: Row = {
  page: "page",
  firstRow: "list on screen, ms",
  listed: "all listed, ms",
  confirmed: "confirmed",
  perSecond: "files/s",
  longTasks: "tasks over 50 ms, sum, ms",
  longestTask: "longest task, ms",
  gap: "frame gap, 95 %, ms",
  elements: "elements",
  step: "largest step of the bar, points",
  back: "back",
};

/** The table, in Markdown, with the goals below. @param limitMs what each page had at most */
export function tableOf(sightings: ReadonlyMap<string, Sighting>, limitMs: number): string {
  const rows = [...sightings].map(([page, sighting]) => rowOf(page, sighting, limitMs));
  const rule = Object.values(TITLES).map((_, column) => (column === 0 ? "---" : "--:"));
  return [...[TITLES].map(line), `|${rule.join("|")}|`, ...[...rows, GOALS].map(line)].join("\n");
}

function line(row: Row): string {
  return `| ${Object.values(row).join(" | ")} |`;
}

function rowOf(page: string, sighting: Sighting, limitMs: number): Row {
  const { confirmed, longTasks, gaps, elements, step, stepBack } = sighting;
  return {
    page,
    firstRow: msOf(sighting.firstRowMs),
    listed: msOf(sighting.listedMs),
    confirmed: String(confirmed),
    perSecond: perSecondOf(sighting, limitMs).toPrecision(3),
    longTasks: msOf(longTasks.reduce((sum, ms) => sum + ms, 0)),
    longestTask: msOf(Math.max(0, ...longTasks)),
    gap: msOf(percentile(gaps, 0.95)),
    elements: String(elements),
    step: step?.toFixed(2) ?? "–",
    back: stepBack?.toFixed(2) ?? "–",
  };
}

/** Files a second: of those that were confirmed, over the time that it took or that there was. */
export function perSecondOf({ confirmed, doneMs }: Sighting, limitMs: number): number {
  return (confirmed * 1000) / (doneMs ?? limitMs);
}

function msOf(ms: number | null): string {
  return ms === null ? "never" : ms.toFixed(0);
}

/** The value below which that share of all values is; null of nothing. */
function percentile(values: readonly number[], share: number): number | null {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? null;
}
