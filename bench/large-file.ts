import { randomFillSync } from "node:crypto";
import { open } from "node:fs/promises";

const BLOCK = 8 * 1024 * 1024;

/**
 * Writes a file of random bytes block by block, so that a file of any size fits in memory.
 *
 * @param size in bytes
 */
export async function writeLargeFile(path: string, size: number): Promise<void> {
  await using file = await open(path, "w");
  const block = new Uint8Array(BLOCK);
  for (let written = 0; written < size; written += BLOCK) {
    await file.write(randomFillSync(block), 0, Math.min(BLOCK, size - written));
  }
}
