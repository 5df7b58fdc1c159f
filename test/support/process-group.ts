import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const END_WITH_STARTER = fileURLToPath(new URL("end-with-starter.ts", import.meta.url));
const ADDRESS = /http:\/\/[\d.]+:\d+/u;

/** A running server with its own group of processes. */
export interface ServerProcess {
  /** Such as `http://127.0.0.1:40123`. */
  origin: string;
  /** Sends the signal to the first process, or SIGKILL to all of them. Resolves when the first has ended. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/**
 * Runs a server with Node in the project's folder. Resolves when the server has printed its address.
 *
 * @throws Error with the server's output if it ends before that
 */
export async function startProcesses(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<ServerProcess> {
  const serving = spawn(process.execPath, ["--import", END_WITH_STARTER, ...args], {
    cwd: ROOT,
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: { ...process.env, ...env },
  });
  const killAll = () => signalGroup(serving, "SIGKILL");
  process.once("exit", killAll);
  const end = async (signal: NodeJS.Signals) => {
    await endGroup(serving, signal);
    process.off("exit", killAll);
  };
  return { origin: await addressOf(serving), end };
}

/**
 * Returns the first address that a server prints.
 *
 * @throws Error with the server's output if there is none
 */
export async function addressOf(serving: ChildProcess): Promise<string> {
  const output: string[] = [];
  serving.stderr?.on("data", (text: Buffer) => output.push(text.toString()));
  if (!serving.stdout) throw new Error("The server's output is not a pipe.");
  for await (const line of createInterface(serving.stdout)) {
    const address = ADDRESS.exec(line)?.[0];
    // The rest of the output is discarded: a full pipe would block the server.
    if (address) return (serving.stdout.resume(), address);
    output.push(line);
  }
  throw new Error(`The server did not start:\n${output.join("\n")}`);
}

async function endGroup(serving: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (serving.exitCode !== null || serving.signalCode !== null) return;
  const ended = once(serving, "exit");
  if (signal === "SIGKILL") signalGroup(serving, signal);
  else serving.kill(signal);
  await ended;
}

/** Sends a signal to a process that was started detached, and to all that it has started. */
export function signalGroup(serving: ChildProcess, signal: NodeJS.Signals): void {
  if (serving.pid === undefined) return;
  try {
    process.kill(-serving.pid, signal);
  } catch {
    // The whole group has ended.
  }
}
