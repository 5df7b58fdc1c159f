import { SHEET_TILE } from "../../protocol/index.ts";
import { SIDE, type PictureRequest, type PictureResponse } from "./messages.ts";
import { drawSquare } from "./picture.ts";
import { SheetCanvases } from "./sheet-canvases.ts";

// Decoding a large picture takes long. In a worker it doesn't block the page. One request runs at a
// time, as each picture that is being decoded takes up to 128 MB.
const sheets = new SheetCanvases();
let last: Promise<void> = Promise.resolve();

addEventListener("message", ({ data }: MessageEvent<PictureRequest>) => {
  last = last.then(() => respond(data));
});

async function respond(request: PictureRequest): Promise<void> {
  const response = await responseTo(request);
  const bitmaps = response.task === "draw" ? [response.thumbnail, response.tile] : [];
  postMessage(response, { transfer: bitmaps.filter((bitmap) => bitmap !== null) });
}

/** A file that can't be drawn has no picture, and a sheet that can't be read is left as it is. */
async function responseTo(request: PictureRequest): Promise<PictureResponse> {
  switch (request.task) {
    case "draw":
      return draw(request).catch(() => ({ task: "draw", thumbnail: null, tile: null }));
    case "encode":
      return { task: "encode", image: await encode(request).catch(() => null) };
    case "load":
      await sheets.load(request.sheet, request.image).catch(() => undefined);
      return { task: "load" };
  }
}

function encode({ sheet, without }: PictureRequest & { task: "encode" }): Promise<Blob | null> {
  return sheets.encode(sheet, without);
}

async function draw({
  file,
  blob,
  isThumbnail,
  isTile,
}: PictureRequest & { task: "draw" }): Promise<PictureResponse> {
  const picture = await drawSquare(blob, isThumbnail ? SIDE : SHEET_TILE);
  if (picture === null || !isTile) return { task: "draw", thumbnail: picture, tile: null };
  const tile = isThumbnail ? await resized(picture) : picture;
  await sheets.draw(file, tile);
  return { task: "draw", thumbnail: isThumbnail ? picture : null, tile };
}

function resized(picture: ImageBitmap): Promise<ImageBitmap> {
  const options = { resizeWidth: SHEET_TILE, resizeHeight: SHEET_TILE } as const;
  return createImageBitmap(picture, { ...options, resizeQuality: "medium" });
}
