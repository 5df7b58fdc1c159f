import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A program that a driver has started. */
export interface Program {
  /** Resolves with the first match in a line that the program prints. */
  printed: Promise<RegExpExecArray>;
  /** Ends the program with every process that it has started. */
  end: () => Promise<void>;
}

/** Starts a program in a process group of its own: browsers leave processes behind. */
export function startProgram(
  command: string,
  args: readonly string[],
  expected: RegExp,
  env: Readonly<Record<string, string>> = {},
): Program {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const ended = once(child, "close");
  const printed = new Promise<RegExpExecArray>((resolve, reject) => {
    for (const input of [child.stdout, child.stderr])
      createInterface({ input }).on("line", (line) => {
        const match = expected.exec(line);
        if (match) resolve(match);
      });
    ended.then(() => reject(new Error(`${command} has ended.`)), reject);
  });
  const end = async (): Promise<void> => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
    await ended;
  };
  return { printed, end };
}
