import { PROGRESS } from "../../protocol/index.ts";
import type { Board } from "../batch/board.ts";
import { fileAtPlace } from "../batch/places.ts";
import type { ListedFiles } from "../list/listed-files.ts";
import { sentShare } from "../tally/strokes.ts";
import { isPicture } from "../thumbnails/picture-type.ts";
import type { BatchPictures } from "./batch-pictures.ts";
import type { Tile } from "./tile-painter.ts";
import type { TilePictures } from "./tile-pictures.ts";

interface TileFiles {
  ledger: Pick<Board["ledger"], "replaced" | "state" | "progress" | "size" | "sentBytes" | "count">;
  files: Pick<ListedFiles, "name" | "type" | "state">;
  pictures: Pick<BatchPictures, "isExpected"> & { tiles: Pick<TilePictures, "has" | "draw"> };
}

const FILM = /\.(?:mp4|m4v|mov|avi|mkv|webm|3gp|mts)$/iu;

/** Returns the display of the file at a place (0-based) of the contact sheet. */
export function tileAtPlace({ ledger, files, pictures }: TileFiles, place: number): Tile {
  const file = fileAtPlace(ledger.replaced, place);
  const { tiles } = pictures;
  const hasPicture = tiles.has(file);
  const isPending = !hasPicture && isPictureFile(files, file) && pictures.isExpected(file);
  return {
    look: lookOf(ledger, file, files.state(file)),
    sent: sentShare(ledger, file),
    isPending,
    // A sign would flash up before the picture.
    glyph: isPending ? null : glyphOf(files, file),
    picture: hasPicture ? (context, box) => tiles.draw(file, context, box) : null,
  };
}

function lookOf(
  ledger: TileFiles["ledger"],
  file: number,
  state: ReturnType<ListedFiles["state"]>,
): Tile["look"] {
  if (state === "failed" || state === "cancelled") return state;
  if (state === "completed" || ledger.progress(file) >= PROGRESS.stored) return "stored";
  return state === "queued" && ledger.sentBytes(file) === 0 ? "waiting" : "sending";
}

function isPictureFile(files: TileFiles["files"], file: number): boolean {
  return isPicture({ name: files.name(file), type: files.type(file) });
}

function glyphOf(files: TileFiles["files"], file: number): Tile["glyph"] {
  const [name, type] = [files.name(file), files.type(file)];
  return type.startsWith("video/") || FILM.test(name) ? "film" : "page";
}
