import { createHash, randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";

/** Pixels per side: in three colors of noise, which doesn't compress, about 200 KB. */
const SIDE = 256;
/** No compression: trying to compress noise takes most of the time. */
const COMPRESSION = 0;
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Returns a valid PNG whose pixels differ from those of every other call. */
function noisePng(): Buffer {
  return encodePng(SIDE, SIDE, randomBytes(SIDE * SIDE * 3));
}

/** @param pixels three bytes (red, green, blue) for each pixel, line by line */
export function encodePng(width: number, height: number, pixels: Uint8Array): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits for each of red, green and blue.
  header.set([8, 2, 0, 0, 0], 8);
  const lines = Array.from({ length: height }, (_, line) => {
    return [Buffer.of(0), pixels.subarray(line * width * 3, (line + 1) * width * 3)];
  });
  const data = deflateSync(Buffer.concat(lines.flat()), { level: COMPRESSION });
  const chunks = [chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))];
  return Buffer.concat([SIGNATURE, ...chunks]);
}

/**
 * Writes `count` different images into a folder.
 *
 * @returns the SHA-256 in hex by file name
 */
export async function writeImages(folder: string, count: number): Promise<Map<string, string>> {
  await mkdir(folder, { recursive: true });
  const digests = new Map<string, string>();
  for (let number = 1; number <= count; number++) {
    const name = `IMG_${String(number).padStart(4, "0")}.png`;
    const image = noisePng();
    digests.set(name, createHash("sha256").update(image).digest("hex"));
    await writeFile(join(folder, name), image);
  }
  return digests;
}

function chunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const named = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, checksum]);
}
