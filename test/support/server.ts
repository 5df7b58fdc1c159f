import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT, startProcesses } from "./process-group.ts";

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
  // --inspector-port: so that several servers can run side by side.
  const own = ["--persist-to", state, "--inspector-port", "0"];
  const config = options.changes && (await writeConfig(state, options.changes));
  const changed = config === undefined ? [] : ["--config", config];
  const parameters = ["serve.ts", ...own, ...changed, "--var", `TALLYMAN_SECRET:${secret}`];
  const serving = await startProcesses(parameters, {
    PORT: String(options.port ?? 0),
    // What is killed clears nothing away.
    TMPDIR: state,
  });
  const end = async (signal: NodeJS.Signals) => {
    await serving.end(signal);
    if (options.state === undefined) await rm(state, { recursive: true, force: true });
  };
  return {
    origin: serving.origin,
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
