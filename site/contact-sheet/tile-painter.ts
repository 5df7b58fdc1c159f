import type { TileBox } from "./tile-layout.ts";

/** Colours of the contact sheet. */
export interface TileTones {
  todo: string;
  sent: string;
  stored: string;
  failed: string;
  paper: string;
}

/** The display of one file on the sheet. */
export interface Tile {
  look: "waiting" | "sending" | "stored" | "failed" | "cancelled";
  /** Share that was sent, 0 to 1. */
  sent: number;
  /** True for a file without a picture that may still get one. */
  isPending: boolean;
  /** Sign for a file without a picture; null for none. */
  glyph: "film" | "page" | null;
  /** Draws the file's picture into the box; null if there is none. */
  picture: ((context: CanvasRenderingContext2D, box: TileBox) => void) | null;
}

/** How visible a picture is before its file is stored. */
const WAITING_ALPHA = 0.16;
const SENDING_ALPHA = 0.3;
const SENT_ALPHA = 0.6;
/** Tiles without a picture, at full strength, would be louder than all pictures. */
const PLAIN_ALPHA = 0.8;
/** A stored photo whose picture is about to be drawn is no file without a picture: between sent and stored. */
const PENDING_ALPHA = 0.6;

/** Smallest tile, in device pixels, with room for a sign of the file's kind. */
const GLYPH_SIDE = 16;
/** Below it, a cross on red is not visible: the cross itself is red. */
const CROSS_SIDE = 8;

/**
 * Returns the tones, read from properties that a canvas doesn't use otherwise. Unlike custom properties,
 * their computed values are resolved colours.
 */
export function tonesOf(canvas: Element): TileTones {
  const style = getComputedStyle(canvas);
  return {
    todo: style.columnRuleColor,
    sent: style.outlineColor,
    stored: style.color,
    failed: style.textDecorationColor,
    paper: style.caretColor,
  };
}

/** Paints one tile over whatever was there. */
export function paintTile(
  context: CanvasRenderingContext2D,
  box: TileBox,
  tile: Tile,
  tones: TileTones,
): void {
  context.clearRect(box.left, box.top, box.width, box.height);
  switch (tile.look) {
    case "failed":
      return paintFailed(context, box, tones);
    case "cancelled":
      return paintOutline(context, box, tones.sent);
    case "stored":
      return paintStored(context, box, tile, tones);
    case "sending":
    case "waiting":
      return paintUnstored(context, box, tile, tones);
  }
}

function paintStored(
  context: CanvasRenderingContext2D,
  box: TileBox,
  { picture, glyph, isPending }: Tile,
  tones: TileTones,
): void {
  if (picture !== null) return picture(context, box);
  context.globalAlpha = isPending ? PENDING_ALPHA : PLAIN_ALPHA;
  fill(context, box, tones.stored);
  context.globalAlpha = 1;
  paintGlyph(context, box, glyph, tones.paper);
}

function paintUnstored(
  context: CanvasRenderingContext2D,
  box: TileBox,
  { look, sent, picture, glyph }: Tile,
  tones: TileTones,
): void {
  fill(context, box, tones.todo);
  const height = Math.round(box.height * sent);
  const part = { ...box, top: box.top + box.height - height, height };
  if (picture === null) {
    fill(context, part, tones.sent);
    return paintGlyph(context, box, glyph, tones.paper);
  }
  context.globalAlpha = look === "waiting" ? WAITING_ALPHA : SENDING_ALPHA;
  picture(context, box);
  if (height > 0) {
    context.globalAlpha = SENT_ALPHA;
    paintPart(context, box, part, picture);
  }
  context.globalAlpha = 1;
}

function paintPart(
  context: CanvasRenderingContext2D,
  box: TileBox,
  part: TileBox,
  picture: NonNullable<Tile["picture"]>,
): void {
  context.save();
  context.beginPath();
  context.rect(part.left, part.top, part.width, part.height);
  context.clip();
  picture(context, box);
  context.restore();
}

function paintFailed(context: CanvasRenderingContext2D, box: TileBox, tones: TileTones): void {
  const isLarge = Math.min(box.width, box.height) >= CROSS_SIDE;
  if (isLarge) fill(context, box, tones.failed);
  const inset = isLarge ? box.width * 0.28 : 0;
  const [left, top] = [box.left + inset, box.top + inset];
  const [right, bottom] = [box.left + box.width - inset, box.top + box.height - inset];
  context.strokeStyle = isLarge ? tones.paper : tones.failed;
  context.lineWidth = Math.max(1, box.width / (isLarge ? 9 : 4));
  context.beginPath();
  context.moveTo(left, top);
  context.lineTo(right, bottom);
  context.moveTo(right, top);
  context.lineTo(left, bottom);
  context.stroke();
}

function paintOutline(context: CanvasRenderingContext2D, box: TileBox, tone: string): void {
  context.strokeStyle = tone;
  context.lineWidth = 1;
  // A line of one pixel is sharp in the middle of a pixel.
  context.strokeRect(box.left + 0.5, box.top + 0.5, box.width - 1, box.height - 1);
}

/** A film is a triangle, as on a play button; any other file a few lines of text. */
function paintGlyph(
  context: CanvasRenderingContext2D,
  { left, top, width, height }: TileBox,
  glyph: Tile["glyph"],
  tone: string,
): void {
  if (glyph === null || Math.min(width, height) < GLYPH_SIDE) return;
  context.fillStyle = tone;
  if (glyph === "film") {
    context.beginPath();
    context.moveTo(left + width * 0.36, top + height * 0.28);
    context.lineTo(left + width * 0.74, top + height * 0.5);
    context.lineTo(left + width * 0.36, top + height * 0.72);
    context.fill();
    return;
  }
  const thickness = Math.max(1, Math.round(height / 14));
  for (const [line, length] of [0.5, 0.5, 0.32].entries()) {
    const y = Math.round(top + height * (0.32 + line * 0.16));
    context.fillRect(Math.round(left + width * 0.25), y, Math.round(width * length), thickness);
  }
}

function fill(context: CanvasRenderingContext2D, box: TileBox, tone: string): void {
  context.fillStyle = tone;
  context.fillRect(box.left, box.top, box.width, box.height);
}
