/** The most a bar moves in one frame, in points of a hundred. */
const STEP = 1;

/**
 * Where a bar stands that follows the truth calmly: a point a frame at most, and never ahead of it.
 * @param shown where it stood, 0 to 100
 * @param truth where it should stand, 0 to 100
 * @param mayFall is it right to go back? If not, the bar waits for the truth to return
 */
export function easeToward(shown: number, truth: number, mayFall: boolean): number {
  if (truth < shown) return mayFall ? truth : shown;
  // Two decimals, as the truth has: sums of steps would drift away from round numbers.
  return Math.min(truth, Math.round((shown + STEP) * 100) / 100);
}
