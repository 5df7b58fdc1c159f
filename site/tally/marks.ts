import { GROUP } from "./strokes.ts";

/** From where a stroke begins to where it ends, in CSS pixels: it fills in this direction. */
export interface Line {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}

/** Height of a line of strokes, with the space below it. */
export const LINE_PITCHES = 4.4;
const STROKE_PITCHES = 3.1;
/** How far a hand strays, in pitches. */
const JITTER_PITCHES = 0.22;

/** The five strokes of one group: four from the bottom up, then one across them. */
export function groupLines(left: number, top: number, pitch: number, group: number): Line[] {
  const [above, below] = [top + 0.5 * pitch, top + (0.5 + STROKE_PITCHES) * pitch];
  const stray = (place: number): number => jitter(group * 2 * GROUP + place) * pitch;
  const lines = Array.from({ length: GROUP - 1 }, (_, place) => {
    const x = left + (place + 0.75) * pitch;
    return {
      x1: x + stray(place),
      y1: below + stray(place + 4) / 2,
      x2: x + stray(place + 2),
      y2: above + stray(place + 6) / 2,
    };
  });
  const inset = 0.55 * pitch + stray(8);
  const across = {
    x1: left + 0.15 * pitch,
    y1: below - inset,
    x2: left + 4.4 * pitch,
    y2: above + inset,
  };
  return [...lines, across];
}

/** The same for the same number, so that a stroke painted again stays where it was. */
function jitter(seed: number): number {
  const noise = Math.sin(seed * 12.9898) * 43_758.5453;
  return (noise - Math.floor(noise) - 0.5) * JITTER_PITCHES;
}
