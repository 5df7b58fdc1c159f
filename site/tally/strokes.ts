/** Strokes of one tally group: four upright, and one across them. */
export const GROUP = 5;

/** How a field of tally marks is laid out on a sheet. Lengths are CSS pixels. */
export interface FieldLayout {
  /** How many files one stroke stands for. */
  filesPerStroke: number;
  strokes: number;
  groupsPerLine: number;
  lines: number;
  /** From one upright stroke to the next. */
  pitch: number;
}

/** A group takes four gaps for its strokes and two for the space to the next group. */
export const PITCHES_PER_GROUP = 6;

/** From roomy to tight: the first that holds all files is taken. */
const PITCHES = [13, 11, 9, 7.5, 6, 5] as const;
const TIGHTEST = 5;

/** Numbers of files that a stroke may stand for: such as one can still count with. */
const ROUND_NUMBERS = [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000] as const;

function groupsPerLine(width: number, pitch: number): number {
  return Math.max(1, Math.floor((width + 2 * pitch) / (PITCHES_PER_GROUP * pitch)));
}

/**
 * Lays out one stroke for each of `files`, or, where there is no room for that, one for each round
 * number of files.
 * @param width of the sheet, in pixels
 * @param most lines of strokes, one below the other
 */
export function fieldLayout(files: number, width: number, most: number): FieldLayout {
  const capacity = (pitch: number): number => groupsPerLine(width, pitch) * GROUP * most;
  const pitch = PITCHES.find((candidate) => capacity(candidate) >= files) ?? TIGHTEST;
  const filesPerStroke = roundNumber(files / capacity(pitch));
  const strokes = Math.ceil(files / filesPerStroke);
  const perLine = groupsPerLine(width, pitch);
  const lines = Math.ceil(strokes / (perLine * GROUP));
  return { filesPerStroke, strokes, groupsPerLine: perLine, lines, pitch };
}

function roundNumber(atLeast: number): number {
  return ROUND_NUMBERS.find((round) => round >= atLeast) ?? Math.ceil(atLeast / 1000) * 1000;
}

/** What one stroke shows. The shares are of its whole length, 0 to 1. */
export interface Stroke {
  sent: number;
  confirmed: number;
  /** Has one of its files failed? */
  failed: boolean;
}

/** What a stroke needs to know of each file. */
export interface StrokeSource {
  readonly count: number;
  size(id: number): number;
  state(id: number): string;
  progress(id: number): number;
  sentBytes(id: number): number;
}

/** The share of a file that has been handed to the network: never less than what was confirmed. */
export function sentShare(files: StrokeSource, id: number): number {
  const size = files.size(id);
  const sent = size === 0 ? 0 : files.sentBytes(id) / size;
  return Math.min(1, Math.max(sent, files.progress(id) / 100));
}

/** Adds up the files that stroke number `index` stands for. */
export function strokeOf(files: StrokeSource, index: number, filesPerStroke: number): Stroke {
  const first = index * filesPerStroke;
  const end = Math.min(first + filesPerStroke, files.count);
  const stroke = { sent: 0, confirmed: 0, failed: false };
  for (let id = first; id < end; id++) addFile(stroke, files, id, end - first);
  return stroke;
}

function addFile(stroke: Stroke, files: StrokeSource, id: number, count: number): void {
  stroke.sent += sentShare(files, id) / count;
  stroke.confirmed += files.progress(id) / 100 / count;
  stroke.failed ||= files.state(id) === "failed";
}
