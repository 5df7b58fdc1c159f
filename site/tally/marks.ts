import { GROUP } from "./strokes.ts";

/** A stroke, in CSS pixels. It fills from (x1, y1) to (x2, y2). */
export interface Line {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}

/** Height of a line of strokes with the space below it, in pitches. */
export const LINE_PITCHES = 4.4;
const STROKE_PITCHES = 3.1;
/** Largest jitter of a stroke's ends, in pitches. Strokes look drawn by hand. */
const JITTER_PITCHES = 0.22;

/** Returns the width of a stroke, whose ends are round, in CSS pixels. */
export function strokeWidth(pitch: number): number {
  return Math.min(3.2, Math.max(1.5, pitch * 0.26));
}

/** Returns the five strokes of a group: four drawn upwards, then one across them. */
export function groupLines(left: number, top: number, pitch: number, group: number): Line[] {
  const [above, below] = [top + 0.5 * pitch, top + (0.5 + STROKE_PITCHES) * pitch];
  const offset = (place: number): number => jitter(group * 2 * GROUP + place) * pitch;
  const lines = Array.from({ length: GROUP - 1 }, (_, place) => {
    const x = left + (place + 0.75) * pitch;
    return {
      x1: x + offset(place),
      y1: below + offset(place + 4) / 2,
      x2: x + offset(place + 2),
      y2: above + offset(place + 6) / 2,
    };
  });
  const inset = 0.55 * pitch + offset(8);
  const across = {
    x1: left + 0.15 * pitch,
    y1: below - inset,
    x2: left + 4.4 * pitch,
    y2: above + inset,
  };
  return [...lines, across];
}

/** Half the width of the cross in a failed stroke, in pitches. Less would touch the next stroke. */
const CROSS_PITCHES = 0.4;

/**
 * Returns a failed stroke: interrupted by a cross, so that it differs from others by its shape as well
 * as by its colour.
 */
export function failedLines({ x1, y1, x2, y2 }: Line, pitch: number): Line[] {
  const [x, y, reach] = [(x1 + x2) / 2, (y1 + y2) / 2, CROSS_PITCHES * pitch];
  // The ends of the stroke stay free of the cross.
  const cut = (2 * reach) / Math.hypot(x2 - x1, y2 - y1);
  const [before, after] = [0.5 - cut, 0.5 + cut];
  const at = (share: number) => [x1 + (x2 - x1) * share, y1 + (y2 - y1) * share] as const;
  const [[endX, endY], [startX, startY]] = [at(before), at(after)];
  return [
    { x1, y1, x2: endX, y2: endY },
    { x1: startX, y1: startY, x2, y2 },
    { x1: x - reach, y1: y - reach, x2: x + reach, y2: y + reach },
    { x1: x - reach, y1: y + reach, x2: x + reach, y2: y - reach },
  ];
}

/** Returns the same jitter for the same seed, so that a repainted stroke doesn't move. */
function jitter(seed: number): number {
  const noise = Math.sin(seed * 12.9898) * 43_758.5453;
  return (noise - Math.floor(noise) - 0.5) * JITTER_PITCHES;
}
