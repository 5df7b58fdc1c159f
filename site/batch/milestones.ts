const MILESTONES = [75, 50, 25] as const;

/** The highest milestone, in percent, that lies between two readings of the bar; null for none. */
export function milestone(before: number, now: number): number | null {
  return MILESTONES.find((mark) => before < mark && now >= mark) ?? null;
}
