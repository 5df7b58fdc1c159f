import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startProcesses } from "./process-group.ts";
import { isStrict } from "./strict.ts";
import { writeConfig } from "./write-config.ts";

export interface ServerOptions {
  /** Default: 0, for any free port. */
  port?: number;
  /** Folder for the data of R2 and the objects. Default: a temporary one, removed at the end. */
  state?: string;
  /** Signs the tokens of batches. Default: a random one. */
  secret?: string;
  /** Signs grants. Default: a random one. */
  grantSecret?: string;
  /** Variables that replace those of wrangler.toml. */
  variables?: Readonly<Record<string, string>>;
  /** Changes to wrangler.toml: texts and their replacements. */
  changes?: Readonly<Record<string, string>>;
}

export interface Server {
  /** Such as `http://127.0.0.1:40123`. */
  origin: string;
  /** Signs the tokens of batches. */
  secret: string;
  grantSecret: string;
  /** Signs the operator's tokens. */
  operatorSecret: string;
  /** Stops the server with SIGTERM. */
  stop(): Promise<void>;
  /** Ends all of its processes at once with SIGKILL, as a power cut does. */
  kill(): Promise<void>;
}

/** The settings that set-up writes for local runs. */
const OPEN = { ACCESS: "open", ALLOWED_ORIGINS: "*" };

/**
 * Starts the server of `npm start` on its own port and with its own data.
 *
 * @throws Error with the server's output if it doesn't start
 */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const state = options.state ?? (await mkdtemp(join(tmpdir(), "tallyman-")));
  const { secret = newSecret(), grantSecret = newSecret() } = options;
  // --inspector-port 0: several servers run at the same time.
  const own = ["--persist-to", state, "--inspector-port", "0"];
  const needsConfig = isStrict || options.changes;
  const changed = needsConfig ? ["--config", await writeConfig(state, options.changes)] : [];
  const operatorSecret = newSecret();
  const secrets = {
    TALLYMAN_SECRET: secret,
    GRANT_SECRET: grantSecret,
    OPERATOR_SECRET: operatorSecret,
    RECEIPT_KEYS: newSecret(),
  };
  const variables = Object.entries({ ...OPEN, ...options.variables, ...secrets });
  const set = variables.flatMap(([name, value]) => ["--var", `${name}:${value}`]);
  const parameters = ["serve.ts", ...own, ...changed, ...set];
  const serving = await startProcesses(parameters, {
    PORT: String(options.port ?? 0),
    // A killed server leaves its temporary files behind.
    TMPDIR: state,
  });
  const end = async (signal: NodeJS.Signals) => {
    await serving.end(signal);
    if (options.state === undefined) await rm(state, { recursive: true, force: true });
  };
  return {
    origin: serving.origin,
    secret,
    grantSecret,
    operatorSecret,
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
  };
}

function newSecret(): string {
  return randomBytes(32).toString("base64url");
}
