const MILESTONES = [75, 50, 25] as const;

/** Returns the highest milestone, in percent, between two values of the bar; null if there is none. */
export function milestone(before: number, now: number): number | null {
  return MILESTONES.find((percent) => before < percent && now >= percent) ?? null;
}
