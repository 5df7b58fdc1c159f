import { randomFillSync } from "node:crypto";
import type { Source } from "../client/index.ts";
import { DISTANT, DIRECT, NEAR, type Route } from "./routes.ts";

/** So many files, of so many bytes each. */
export interface RandomFiles {
  prefix: string;
  files: number;
  bytes: number;
}

export interface Workload {
  name: string;
  files: number;
  /** Of each file. */
  bytes: number;
  route: Route;
  /** The least that Tallyman's speed may be, as a multiple of the bare Worker's. */
  goal: number;
}

export const WORKLOADS: readonly Workload[] = [
  { name: "490 × 200 KB", files: 490, bytes: 200_000, route: NEAR, goal: 1 },
  { name: "10,000 × 2 KB", files: 10_000, bytes: 2_000, route: NEAR, goal: 1 },
  { name: "20 × 20 MB", files: 20, bytes: 20_000_000, route: NEAR, goal: 0.85 },
  { name: "490 × 200 KB, 20 ms away", files: 490, bytes: 200_000, route: DISTANT, goal: 1 },
  { name: "1,000 × 2 KB, 20 ms away", files: 1_000, bytes: 2_000, route: DISTANT, goal: 1 },
  { name: "490 × 200 KB, direct", files: 490, bytes: 200_000, route: DIRECT, goal: 1 },
  { name: "20 × 20 MB, direct", files: 20, bytes: 20_000_000, route: DIRECT, goal: 0.85 },
];

/** Files of random bytes in memory, all different, whose names begin with `prefix`. */
export function makeFiles({ prefix, files, bytes }: RandomFiles): Source[] {
  return Array.from({ length: files }, (_, index) => ({
    name: `${prefix}-${index}.bin`,
    blob: new Blob([randomFillSync(new Uint8Array(bytes))]),
  }));
}
