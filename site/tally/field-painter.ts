import { failedLines, groupLines, type Line, LINE_PITCHES, strokeWidth } from "./marks.ts";
import {
  type FieldLayout,
  GROUP,
  PITCHES_PER_GROUP,
  type Stroke,
  strokeOf,
  type StrokeSource,
} from "./strokes.ts";

interface Tones {
  todo: string;
  sent: string;
  stored: string;
  failed: string;
}

/**
 * Reads the tones from properties that a canvas doesn't use otherwise. Unlike custom properties,
 * their computed values are resolved colours.
 */
function tonesOf(canvas: Element): Tones {
  const style = getComputedStyle(canvas);
  return {
    todo: style.columnRuleColor,
    sent: style.outlineColor,
    stored: style.color,
    failed: style.textDecorationColor,
  };
}

/** Paints the strokes on a canvas: all of them for a new layout, otherwise the changed groups. */
export class FieldPainter {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D | null;
  readonly #files: StrokeSource;
  #layout: FieldLayout | null = null;
  #tones: Tones;

  constructor(canvas: HTMLCanvasElement, files: StrokeSource) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d");
    this.#files = files;
    this.#tones = tonesOf(canvas);
  }

  /** Sets a new layout, resizes the canvas and repaints it. */
  setLayout(layout: FieldLayout): void {
    const height = Math.ceil(layout.lines * layout.pitch * LINE_PITCHES);
    // Reading computed styles after changes of the page costs a layout, and while files are found, each
    // frame has a new layout.
    if (layout.width !== this.#layout?.width) this.#tones = tonesOf(this.#canvas);
    this.#layout = layout;
    this.#canvas.style.height = `${height}px`;
    this.#canvas.width = layout.width * devicePixelRatio;
    this.#canvas.height = height * devicePixelRatio;
    this.#context?.scale(devicePixelRatio, devicePixelRatio);
    this.#paintAll();
  }

  /** Paints everything in the current colours. */
  repaint(): void {
    this.#tones = tonesOf(this.#canvas);
    this.#paintAll();
  }

  #paintAll(): void {
    const groups = Math.ceil((this.#layout?.strokes ?? 0) / GROUP);
    for (let group = 0; group < groups; group++) this.#paintGroup(group);
  }

  /** Paints the groups that contain these files. */
  paint(changed: ReadonlySet<number>): void {
    const groups = new Set<number>();
    const filesPerGroup = (this.#layout?.filesPerStroke ?? 1) * GROUP;
    for (const file of changed) groups.add(Math.floor(file / filesPerGroup));
    for (const group of groups) this.#paintGroup(group);
  }

  #paintGroup(group: number): void {
    const layout = this.#layout;
    if (layout === null || this.#context === null) return;
    const left = (group % layout.groupsPerLine) * PITCHES_PER_GROUP * layout.pitch;
    const top = Math.floor(group / layout.groupsPerLine) * LINE_PITCHES * layout.pitch;
    const [width, height] = [PITCHES_PER_GROUP * layout.pitch, LINE_PITCHES * layout.pitch];
    this.#context.clearRect(left, top, width, height);
    const strokes = Math.min(GROUP, layout.strokes - group * GROUP);
    const lines = groupLines(left, top, layout.pitch, group).slice(0, strokes);
    const thickness = strokeWidth(layout.pitch);
    for (const [place, line] of lines.entries()) {
      const stroke = strokeOf(this.#files, group * GROUP + place, layout.filesPerStroke);
      if (stroke.failed) this.#paintFailed(failedLines(line, layout.pitch), thickness);
      else this.#paintStroke(line, stroke, thickness);
    }
  }

  #paintFailed(lines: readonly Line[], width: number): void {
    for (const line of lines) this.#paintLine(line, 1, width, this.#tones.failed);
  }

  /** First the faint stroke of a file that waits, then the progress on top of it. */
  #paintStroke(line: Line, stroke: Stroke, width: number): void {
    this.#paintLine(line, 1, width, this.#tones.todo);
    this.#paintLine(line, stroke.sent, width, this.#tones.sent);
    this.#paintLine(line, stroke.stored, width, this.#tones.stored);
  }

  #paintLine({ x1, y1, x2, y2 }: Line, share: number, width: number, tone: string): void {
    if (this.#context === null || share === 0) return;
    this.#context.beginPath();
    this.#context.moveTo(x1, y1);
    this.#context.lineTo(x1 + (x2 - x1) * share, y1 + (y2 - y1) * share);
    this.#context.strokeStyle = tone;
    this.#context.lineWidth = width;
    this.#context.lineCap = "round";
    this.#context.stroke();
  }
}
