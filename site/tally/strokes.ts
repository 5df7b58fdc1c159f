import { PROGRESS } from "../../protocol/index.ts";

/** Strokes of one tally group: four upright, and one across them. */
export const GROUP = 5;

/** Layout of a field of tally strokes. Lengths are CSS pixels. */
export interface FieldLayout {
  /** Number of files that one stroke stands for. */
  filesPerStroke: number;
  strokes: number;
  groupsPerLine: number;
  lines: number;
  /** Distance between two upright strokes. */
  pitch: number;
  /** Width of the whole field. */
  width: number;
}

/** Width of a group with the space after it. */
export const PITCHES_PER_GROUP = 6;
/** Width of a group's strokes with their round ends, from the group's left edge: `groupLines`. */
const STROKES_PITCHES = 4.6;

/** Candidates from wide to narrow. The first one with enough space for all files is used. */
const PITCHES = [13, 11, 9, 7.5, 6, 5] as const;
const TIGHTEST = 5;

/** Numbers of files that a stroke may stand for: round numbers that people can count with. */
const ROUND_NUMBERS = [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000] as const;

function groupsPerLine(width: number, pitch: number): number {
  const spaceAfter = (PITCHES_PER_GROUP - STROKES_PITCHES) * pitch;
  return Math.max(1, Math.floor((width + spaceAfter) / (PITCHES_PER_GROUP * pitch)));
}

/**
 * Returns a layout with one stroke per file or, without enough space, per round number of files.
 *
 * @param width width of the field, in pixels
 * @param maxLines most lines of strokes
 */
export function fieldLayout(files: number, width: number, maxLines: number): FieldLayout {
  const capacity = (pitch: number): number => groupsPerLine(width, pitch) * GROUP * maxLines;
  const pitch = PITCHES.find((candidate) => capacity(candidate) >= files) ?? TIGHTEST;
  const filesPerStroke = roundNumber(files / capacity(pitch));
  const strokes = Math.ceil(files / filesPerStroke);
  const perLine = groupsPerLine(width, pitch);
  const lines = Math.ceil(strokes / (perLine * GROUP));
  return { filesPerStroke, strokes, groupsPerLine: perLine, lines, pitch, width };
}

function roundNumber(atLeast: number): number {
  return ROUND_NUMBERS.find((round) => round >= atLeast) ?? Math.ceil(atLeast / 1000) * 1000;
}

/** Progress of the files that one stroke stands for. Shares are 0 to 1. */
export interface Stroke {
  sent: number;
  stored: number;
  /** True if one of its files failed. */
  failed: boolean;
}

/** The files' data that strokes are computed from. */
export interface StrokeSource {
  readonly count: number;
  size(id: number): number;
  state(id: number): string;
  progress(id: number): number;
  sentBytes(id: number): number;
}

/** Returns the share of a file handed to the network, 0 to 1. */
export function sentShare(files: StrokeSource, id: number): number {
  const size = files.size(id);
  const sent = size === 0 ? 0 : files.sentBytes(id) / size;
  return isStored(files, id) ? 1 : Math.min(1, Math.max(sent, files.progress(id) / 100));
}

/** Returns the progress of the files that stroke `index` stands for. */
export function strokeOf(files: StrokeSource, index: number, filesPerStroke: number): Stroke {
  const first = index * filesPerStroke;
  const end = Math.min(first + filesPerStroke, files.count);
  const stroke = { sent: 0, stored: 0, failed: false };
  for (let id = first; id < end; id++) addFile(stroke, files, id, end - first);
  return stroke;
}

function addFile(stroke: Stroke, files: StrokeSource, id: number, count: number): void {
  stroke.sent += sentShare(files, id) / count;
  if (isStored(files, id)) stroke.stored += 1 / count;
  stroke.failed ||= files.state(id) === "failed";
}

function isStored(files: StrokeSource, id: number): boolean {
  return files.progress(id) >= PROGRESS.stored && files.state(id) !== "cancelled";
}
