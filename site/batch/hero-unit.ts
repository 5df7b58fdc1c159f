/** Below this number, and from this size on, people wait for bytes rather than for files. */
const FEW_FILES = 10;
const LARGE_BYTES = 10_000_000;

/** True if the hero counts bytes: those of a few large files. */
export function countsBytes(files: number, bytes: number): boolean {
  return files > 0 && files < FEW_FILES && bytes >= files * LARGE_BYTES;
}
