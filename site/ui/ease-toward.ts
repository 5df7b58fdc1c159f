/** The most that a bar moves in one frame, in percentage points. */
const STEP = 1;

/**
 * Returns the next value of a bar that moves smoothly: at most one point per frame, and never past
 * the target.
 *
 * @param shown current value, 0 to 100
 * @param target 0 to 100
 * @param mayFall false keeps the bar in place until a lower target has caught up
 */
export function easeToward(shown: number, target: number, mayFall: boolean): number {
  if (target < shown) return mayFall ? target : shown;
  // Rounded to two decimals, like the target: sums of steps would drift away from round numbers.
  return Math.min(target, Math.round((shown + STEP) * 100) / 100);
}
