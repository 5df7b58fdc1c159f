const STROKES = ["M7 5v22", "M13 5v22", "M19 5v22", "M25 5v22", "M2 23 30 9"] as const;

// One tone that is seen on light and on dark tabs: a tab does not tell which it is.
const DONE = "#3f8f6b";
const TO_DO = "#9aa8a0";
const FAILED = "#d9483b";

/**
 * The page's icon as a tally group that gets a stroke for every fifth of the way.
 * @param percent 0 to 100
 * @returns an SVG as a `data:` address
 */
export function tallyIcon(percent: number, failed: boolean): string {
  const drawn = Math.floor(percent / 20);
  const reached = failed ? FAILED : DONE;
  const paths = STROKES.map((stroke, index) => {
    const colour = index < drawn ? reached : TO_DO;
    return `<path d="${stroke}" stroke="${colour}"/>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="none" stroke-width="3.5" stroke-linecap="round">${paths.join("")}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
