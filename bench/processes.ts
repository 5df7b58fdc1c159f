import { readFileSync } from "node:fs";

// What Linux tells of processes; where there is none to ask, every figure is NaN.

/** What Linux counts processor time in. */
const TICK_MS = 10;

/**
 * Processor time that this process's workerd has used so far, in ms: what a busy machine changes
 * little.
 */
export function workerdMs(): number {
  return sum(workerds().map(processorMs));
}

/** The most memory that it has held at a time so far, in bytes. */
export function workerdPeakBytes(): number {
  return sum(workerds().map(peakBytes));
}

/** The most memory that a process has held at a time so far, in bytes. */
export function peakBytes(pid: number): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/mu.exec(read(pid, "status"))?.[1];
  return Number(kilobytes ?? Number.NaN) * 1024;
}

function processorMs(pid: number): number {
  // User and system time: the 14th and 15th field, the 12th and 13th after the name.
  const fields = read(pid, "stat").split(") ").at(-1)?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Those that this process has begun. */
function workerds(): number[] {
  const { pid } = process;
  const children = read(pid, `task/${pid}/children`).trim().split(" ").map(Number);
  return children.filter((child) => read(child, "comm") === "workerd\n");
}

/** NaN of nothing. */
function sum(figures: readonly number[]): number {
  return figures.length === 0 ? Number.NaN : figures.reduce((total, figure) => total + figure, 0);
}

function read(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return "";
  }
}
