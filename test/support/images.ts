import { createHash, randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";

/** A side of 256 pixels in three colours of noise: about 200 KB, since noise does not compress. */
const SIDE = 256;
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** A valid PNG that no other one is like. */
function noisePng(): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(SIDE, 0);
  header.writeUInt32BE(SIDE, 4);
  // Eight bits for each of red, green and blue.
  header.set([8, 2, 0, 0, 0], 8);
  const lines = Array.from({ length: SIDE }, () => [Buffer.of(0), randomBytes(SIDE * 3)]).flat();
  const pixels = deflateSync(Buffer.concat(lines), { level: 0 });
  const chunks = [chunk("IHDR", header), chunk("IDAT", pixels), chunk("IEND", Buffer.alloc(0))];
  return Buffer.concat([SIGNATURE, ...chunks]);
}

/**
 * Writes that many different images into a folder.
 *
 * @returns the hex SHA-256 of each, by its file name
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
