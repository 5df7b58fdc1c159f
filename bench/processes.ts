import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

// Figures come from Linux's /proc. On other systems they are NaN.

/** Linux counts processor time in ticks of this length. */
const TICK_MS = 10;

/** Returns the processor time that a process has used, in ms. Other load on the machine hardly affects it. */
export function processorMs(pid: number): number {
  // User and system time are the 14th and 15th fields: the 12th and 13th after the name.
  const fields = read(pid, "stat").split(") ").at(-1)?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Returns the highest memory usage of a process so far, in bytes. */
export function peakBytes(pid: number): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/mu.exec(read(pid, "status"))?.[1];
  return Number(kilobytes ?? Number.NaN) * 1024;
}

/**
 * Pins every workerd to the first processor and a client to the others, as if they ran on two
 * machines. Does nothing on a machine with one processor or without `taskset`.
 */
export function pinToProcessors(client: number): void {
  const last = availableParallelism() - 1;
  if (last === 0) return;
  for (const pid of workerdPids()) pin(pid, "0");
  pin(client, `1-${last}`);
}

/** Pins all threads of a process, and those that they start later. */
function pin(pid: number, processors: string): void {
  try {
    execFileSync("taskset", ["-apc", processors, String(pid)]);
  } catch {
    // Client and server share processors, which makes the figures noisier.
  }
}

/** Returns the ids of the workerd processes that this process has started. */
export function workerdPids(): number[] {
  const { pid } = process;
  const children = read(pid, `task/${pid}/children`).trim().split(" ").map(Number);
  return children.filter((child) => read(child, "comm") === "workerd\n");
}

function read(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return "";
  }
}
