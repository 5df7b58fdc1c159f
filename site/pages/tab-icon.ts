const STROKES = ["M7 5v22", "M13 5v22", "M19 5v22", "M25 5v22", "M2 23 30 9"] as const;

// Visible on light and on dark tabs, as a page can't detect which it is on.
const DONE = "#3f8f6b";
const TO_DO = "#9aa8a0";
const FAILED = "#d9483b";

/**
 * Returns an icon that draws one stroke of a tally group per 20 %.
 *
 * @param percent 0 to 100
 * @returns an SVG as a `data:` URL
 */
export function tallyIcon(percent: number, failed: boolean): string {
  const drawn = Math.floor(percent / 20);
  const done = failed ? FAILED : DONE;
  const paths = STROKES.map((stroke, index) => {
    const colour = index < drawn ? done : TO_DO;
    return `<path d="${stroke}" stroke="${colour}"/>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="none" stroke-width="3.5" stroke-linecap="round">${paths.join("")}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
