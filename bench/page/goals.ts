import { lineOf } from "./report.ts";

/** Something that Tallyman's page is to reach. */
export interface Goal {
  name: string;
  goal: string;
  measured: string;
  isReached: boolean;
}

/** Every goal beside what was seen, and how many were reached. */
export function verdictOf(goals: readonly Goal[]): string {
  const titles = ["Tallyman", "goal", "seen", "reached"];
  const rows = goals.map(({ name: what, goal, measured: seen, isReached }) => [
    what,
    goal,
    seen,
    isReached ? "yes" : "**no**",
  ]);
  const table = [titles, ["---", "--:", "--:", "---"], ...rows].map(lineOf).join("\n");
  return `${table}\n\n${sentenceOf(goals)}`;
}

function sentenceOf(goals: readonly Goal[]): string {
  const missed = goals.filter(({ isReached }) => !isReached).map(({ name: what }) => what);
  if (missed.length === 0) return `All ${goals.length} goals are reached.`;
  return `${missed.length} of ${goals.length} goals are missed: ${missed.join("; ")}.`;
}
