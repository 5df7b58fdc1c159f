import { randomFillSync } from "node:crypto";
import type { Source } from "../client/index.ts";

export interface Workload {
  name: string;
  files: number;
  /** Of each file. */
  bytes: number;
  /** From the client to either Worker and back, besides what the machine itself takes. */
  roundTripMs: number;
  /** The least that Tallyman's speed may be, as a multiple of the bare Worker's. */
  goal: number;
}

export const WORKLOADS: readonly Workload[] = [
  { name: "490 × 200 KB", files: 490, bytes: 200_000, roundTripMs: 0, goal: 1 },
  { name: "10,000 × 2 KB", files: 10_000, bytes: 2_000, roundTripMs: 0, goal: 1 },
  { name: "20 × 20 MB", files: 20, bytes: 20_000_000, roundTripMs: 0, goal: 0.85 },
  // Nobody uploads to their own machine: as from a home to the nearest edge.
  { name: "490 × 200 KB, 20 ms away", files: 490, bytes: 200_000, roundTripMs: 20, goal: 1 },
  { name: "1,000 × 2 KB, 20 ms away", files: 1_000, bytes: 2_000, roundTripMs: 20, goal: 1 },
];

/**
 * Files of random bytes in memory, all different.
 * @param prefix begins their names
 */
export function makeFiles(prefix: string, files: number, bytes: number): Source[] {
  return Array.from({ length: files }, (_, index) => ({
    name: `${prefix}-${index}.bin`,
    blob: new Blob([randomFillSync(new Uint8Array(bytes))]),
  }));
}
