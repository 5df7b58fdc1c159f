import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

// What Linux tells of processes; where there is none to ask, every figure is NaN.

/** What Linux counts processor time in. */
const TICK_MS = 10;

/**
 * Processor time that this process's workerd has used so far, in ms: what a busy machine changes
 * little.
 */
export function workerdMs(): number {
  return sum(workerdPids().map(processorMs));
}

/** The most memory that it has held at a time so far, in bytes. */
export function workerdPeakBytes(): number {
  return sum(workerdPids().map(peakBytes));
}

/** The most memory that a process has held at a time so far, in bytes. */
export function peakBytes(pid: number): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/mu.exec(read(pid, "status"))?.[1];
  return Number(kilobytes ?? Number.NaN) * 1024;
}

/**
 * Gives workerd the first processor, and a client the others: they share none where they are on two
 * machines. Nothing where there is only one processor, or no `taskset`.
 */
export function pinToProcessors(client: number): void {
  const last = availableParallelism() - 1;
  if (last === 0) return;
  for (const pid of workerdPids()) bind(pid, "0");
  bind(client, `1-${last}`);
}

/** All threads of a process, and those that they begin later. */
function bind(pid: number, processors: string): void {
  try {
    execFileSync("taskset", ["-apc", processors, String(pid)]);
  } catch {
    // Then they share: what is measured is more noisy.
  }
}

function processorMs(pid: number): number {
  // User and system time: the 14th and 15th field, the 12th and 13th after the name.
  const fields = read(pid, "stat").split(") ").at(-1)?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Every workerd that this process has begun: their ids. */
export function workerdPids(): number[] {
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
