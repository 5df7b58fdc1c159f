import { randomFillSync } from "node:crypto";
import type { Source } from "../client/index.ts";
import { DIRECT, DISTANT, NEAR, type Route } from "./routes.ts";

export interface RandomFiles {
  /** Prefix of the names. */
  prefix: string;
  files: number;
  /** Size of each file. */
  bytes: number;
}

export interface Workload {
  name: string;
  files: number;
  /** Size of each file. */
  bytes: number;
  route: Route;
  /** The lowest acceptable speed of Tallyman, as a multiple of the bare Worker's. */
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

/** Makes files in memory, each with different random bytes. */
export function makeFiles({ prefix, files, bytes }: RandomFiles): Source[] {
  return Array.from({ length: files }, (_, index) => ({
    name: `${prefix}-${index}.bin`,
    blob: new Blob([randomFillSync(new Uint8Array(bytes))]),
  }));
}
