import { readFileSync } from "node:fs";

/** What Linux counts processor time in. */
const TICK_MS = 10;

/**
 * Processor time that this process's workerd has used so far, in ms: what a busy machine changes
 * little. NaN where there is no Linux to ask.
 */
export function workerdMs(): number {
  return sumOfWorkerd((pid) => {
    // User and system time: the 14th and 15th field, the 12th and 13th after the name.
    const fields = readProcess(pid, "stat").split(") ").at(-1)?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  });
}

/** The most memory that it has held at a time so far, in bytes. NaN where there is no Linux to ask. */
export function workerdPeakBytes(): number {
  return sumOfWorkerd((pid) => {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/mu.exec(readProcess(pid, "status"))?.[1];
    return Number(kilobytes) * 1024;
  });
}

/** Miniflare's workerd is the only process that a bench has when it asks. */
function sumOfWorkerd(figureOf: (pid: string) => number): number {
  try {
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim();
    return children.split(" ").reduce((sum, pid) => sum + figureOf(pid), 0);
  } catch {
    return Number.NaN;
  }
}

function readProcess(pid: string, file: "stat" | "status"): string {
  return readFileSync(`/proc/${pid}/${file}`, "utf8");
}
