import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const END_WITH_STARTER = fileURLToPath(new URL("end-with-starter.ts", import.meta.url));
const ADDRESS = /http:\/\/[\d.]+:\d+/u;

/** A server in processes of its own, which say where it is. */
export interface Serving {
  /** Such as `http://127.0.0.1:40123`. */
  origin: string;
  /** Ends the first process, or with SIGKILL all of them at once. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/**
 * Starts a server: Node with these parameters, in the project's folder.
 *
 * @throws Error with what it said, when it ends without having said where it is
 */
export async function startProcesses(
  parameters: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Serving> {
  const serving = spawn(process.execPath, ["--import", END_WITH_STARTER, ...parameters], {
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

async function addressOf(serving: ChildProcess): Promise<string> {
  const said: string[] = [];
  serving.stderr?.on("data", (text: Buffer) => said.push(text.toString()));
  if (!serving.stdout) throw new Error("The server has no output.");
  for await (const line of createInterface(serving.stdout)) {
    const address = ADDRESS.exec(line)?.[0];
    // Nobody reads on: a full pipe would stop the server.
    if (address) return (serving.stdout.resume(), address);
    said.push(line);
  }
  throw new Error(`The server did not start:\n${said.join("\n")}`);
}

async function endGroup(serving: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (serving.exitCode !== null || serving.signalCode !== null) return;
  const ended = once(serving, "exit");
  if (signal === "SIGKILL") signalGroup(serving, signal);
  else serving.kill(signal);
  await ended;
}

function signalGroup(serving: ChildProcess, signal: NodeJS.Signals): void {
  if (serving.pid === undefined) return;
  try {
    process.kill(-serving.pid, signal);
  } catch {
    // Nothing of it is left.
  }
}
