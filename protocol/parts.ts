import { LIMITS, MAX_PARTS } from "./limits.ts";
import { MIB } from "./units.ts";

/** How a file is cut into parts: every part but the last has `partBytes`. */
export interface PartLayout {
  partBytes: number;
  count: number;
}

/** Parts are of the usual size, or larger where the usual would make too many. */
export function partLayout(size: number): PartLayout {
  const isUsual = size <= MAX_PARTS * LIMITS.partBytes;
  const partBytes = isUsual ? LIMITS.partBytes : Math.ceil(size / MAX_PARTS / MIB) * MIB;
  return { partBytes, count: Math.ceil(size / partBytes) };
}

/** Bytes of one part (1, 2, 3, …); 0 where the file has no such part. */
export function partSize(size: number, part: number): number {
  const { partBytes, count } = partLayout(size);
  if (part < 1 || part > count) return 0;
  return part === count ? size - (count - 1) * partBytes : partBytes;
}

/** Does a file of this size go up in parts? Smaller ones share bundles. */
export function usesParts(size: number): boolean {
  return size > LIMITS.bundleBytes;
}
