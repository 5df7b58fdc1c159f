const STROKES = ["M7 5v22", "M13 5v22", "M19 5v22", "M25 5v22", "M2 23 30 9"] as const;

// Visible on light and on dark tabs, as a page can't detect which it is on.
const DONE = "#3f8f6b";
const TO_DO = "#9aa8a0";
const FAILED = "#d9483b";

export type TabState = "running" | "paused" | "offline" | "failed" | "cancelled" | "done";

/** A sign in the corner: not everyone can tell the colours apart. */
const SIGNS: Readonly<Record<TabState, { colour: string; lines: readonly string[] }>> = {
  running: { colour: DONE, lines: [] },
  cancelled: { colour: DONE, lines: [] },
  done: { colour: DONE, lines: [] },
  paused: { colour: "#5b6b63", lines: ["M20 17v10", "M26 17v10"] },
  offline: { colour: "#5b6b63", lines: ["M23 15v7", "M23 27.5v.1"] },
  failed: { colour: FAILED, lines: ["M18.5 17.5l9 9", "M27.5 17.5l-9 9"] },
};

/**
 * Returns an icon that draws one stroke of a tally group per 20 %, and a sign for what keeps it.
 *
 * @param percent 0 to 100
 * @returns an SVG as a `data:` URL
 */
export function tallyIcon(percent: number, state: TabState): string {
  const drawn = Math.floor(percent / 20);
  const paths = STROKES.map((stroke, index) => path(stroke, index < drawn ? DONE : TO_DO));
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="none" stroke-width="3.5" stroke-linecap="round">${paths.join("")}${signOf(state)}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

function signOf(state: TabState): string {
  const { colour, lines } = SIGNS[state];
  if (lines.length === 0) return "";
  const disc = `<circle cx="23" cy="22" r="10" fill="${colour}" stroke="#fff" stroke-width="1.5"/>`;
  return disc + lines.map((line) => path(line, "#fff")).join("");
}

function path(line: string, colour: string): string {
  return `<path d="${line}" stroke="${colour}"/>`;
}
