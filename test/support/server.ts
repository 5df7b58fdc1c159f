import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const ADDRESS = /http:\/\/[\d.]+:\d+/u;

export interface ServerOptions {
  /** 0 (any free one) unless told. */
  port?: number;
  /** Folder of R2's and the objects' data, which is then kept; a temporary one unless told. */
  state?: string;
  /** Signs the tokens; a new one unless told. */
  secret?: string;
  /** What an operator has changed in wrangler.toml: texts of it, and what is there instead. */
  changes?: Readonly<Record<string, string>>;
}

export interface Server {
  /** Such as `http://127.0.0.1:40123`. */
  origin: string;
  secret: string;
  /** Ends it as Ctrl-C does. */
  stop(): Promise<void>;
  /** Ends every one of its processes at once, as a power cut does. */
  kill(): Promise<void>;
}

/** Starts what `npm start` starts, on a port and with data of its own. Throws what it said when it does not start. */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const state = options.state ?? (await mkdtemp(join(tmpdir(), "tallyman-")));
  const secret = options.secret ?? randomBytes(32).toString("base64url");
  const config = options.changes && (await writeConfig(state, options.changes));
  const serving = spawnServer(options.port ?? 0, state, secret, config);
  const end = async (signal: NodeJS.Signals) => {
    await endGroup(serving, signal);
    if (options.state === undefined) await rm(state, { recursive: true, force: true });
  };
  return {
    origin: await addressOf(serving),
    secret,
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
  };
}

/** A copy of wrangler.toml, with changes. */
async function writeConfig(
  folder: string,
  changes: Readonly<Record<string, string>>,
): Promise<string> {
  let text = await readFile(join(ROOT, "wrangler.toml"), "utf8");
  for (const path of ["worker/index.ts", "site/dist"])
    text = text.replace(`"${path}"`, JSON.stringify(join(ROOT, path)));
  for (const [before, after] of Object.entries(changes)) {
    if (!text.includes(before)) throw new Error(`wrangler.toml does not say ${before}.`);
    text = text.replace(before, after);
  }
  const config = join(folder, "wrangler.toml");
  await writeFile(config, text);
  return config;
}

function spawnServer(
  port: number,
  state: string,
  secret: string,
  config: string | undefined,
): ChildProcess {
  // --inspector-port: so that several servers can run side by side.
  const own = ["--persist-to", state, "--inspector-port", "0"];
  const changed = config === undefined ? [] : ["--config", config];
  const parameters = ["serve.ts", ...own, ...changed, "--var", `TALLYMAN_SECRET:${secret}`];
  const serving = spawn(process.execPath, parameters, {
    cwd: ROOT,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, PORT: String(port) },
  });
  process.once("exit", () => signalGroup(serving, "SIGKILL"));
  return serving;
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
