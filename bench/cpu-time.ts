import { readFileSync } from "node:fs";

/** What Linux counts processor time in. */
const TICK_MS = 10;

/**
 * Processor time that workerd has used so far, in ms: what a busy machine changes little.
 * NaN where there is no Linux to ask.
 */
export function workerdMs(): number {
  try {
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8");
    return children
      .trim()
      .split(" ")
      .reduce((sum, pid) => sum + processorMs(pid), 0);
  } catch {
    return Number.NaN;
  }
}

/** User and system time: the 14th and 15th field, the 12th and 13th after the name. */
function processorMs(pid: string): number {
  const [user, system] =
    readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ").slice(11, 13) ?? [];
  return (Number(user) + Number(system)) * TICK_MS;
}
