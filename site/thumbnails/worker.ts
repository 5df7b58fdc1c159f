import { SHEET_TILE } from "../../protocol/index.ts";
import { SIDE, type PictureRequest, type PictureResponse } from "./messages.ts";
import { drawSquare, UndecodableError } from "./picture.ts";
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
  if (response.task !== "draw") return postMessage(response);
  const [thumbnail, tile] = [response.thumbnail, response.tile].map((it) => it && finished(it));
  const transfer = [thumbnail, tile].filter((bitmap) => bitmap instanceof ImageBitmap);
  postMessage({ ...response, thumbnail, tile }, { transfer });
}

/**
 * Returns a copy of a bitmap. In WebKit (2.50), one that was resized in a worker isn't drawn yet when it is
 * transferred: on the page's canvas it showed the picture of a later file.
 */
function finished(bitmap: ImageBitmap): ImageBitmap {
  if (!("OffscreenCanvas" in globalThis)) return bitmap;
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
  bitmap.close();
  return canvas.transferToImageBitmap();
}

/** A file that can't be drawn has no picture, and a sheet that can't be read is left as it is. */
async function responseTo(request: PictureRequest): Promise<PictureResponse> {
  switch (request.task) {
    case "draw":
      return draw(request).catch((error: unknown) => undrawn(error instanceof UndecodableError));
    case "encode":
      return { task: "encode", image: await encode(request).catch(() => null) };
    case "load":
      await sheets.load(request.sheet, request.image).catch(() => undefined);
      return { task: "load" };
  }
}

function encode({
  sheet,
  without,
  format,
}: PictureRequest & { task: "encode" }): Promise<Blob | null> {
  return sheets.encode(sheet, without, format);
}

async function draw({
  file,
  blob,
  isThumbnail,
  isTile,
}: PictureRequest & { task: "draw" }): Promise<PictureResponse> {
  const picture = await drawSquare(blob, isThumbnail ? SIDE : SHEET_TILE);
  if (picture === null) return undrawn(false);
  const drawn = { task: "draw", isUndecodable: false } as const;
  if (!isTile) return { ...drawn, thumbnail: picture, tile: null };
  const tile = isThumbnail ? await resized(picture) : picture;
  await sheets.draw(file, tile);
  return { ...drawn, thumbnail: isThumbnail ? picture : null, tile };
}

function undrawn(isUndecodable: boolean): PictureResponse {
  return { task: "draw", thumbnail: null, tile: null, isUndecodable };
}

function resized(picture: ImageBitmap): Promise<ImageBitmap> {
  const options = { resizeWidth: SHEET_TILE, resizeHeight: SHEET_TILE } as const;
  return createImageBitmap(picture, { ...options, resizeQuality: "medium" });
}
