import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type ServerProcess, startProcesses } from "../support/process-group.ts";

/**
 * A built Worker that can be started again on the same port with the same data. It runs in a process
 * of its own without `wrangler dev`, and so starts much faster than `npm start`.
 */
export class RestartableWorker {
  readonly #options: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(options: string, env: NodeJS.ProcessEnv) {
    this.#options = options;
    this.#env = env;
  }

  /** @param state folder for the data of R2 and the Durable Objects, and for temporary files */
  static async build(state: string, port: number): Promise<RestartableWorker> {
    const build = ["test/crash/build-worker.ts", state, String(port)];
    // A killed process leaves its temporary files behind. In this folder they are deleted with it.
    const env = { ...process.env, TMPDIR: state };
    const { stdout } = await promisify(execFile)(process.execPath, build, { env });
    const file = join(state, "options.json");
    await writeFile(file, stdout);
    return new RestartableWorker(file, env);
  }

  start(): Promise<ServerProcess> {
    return startProcesses(["test/crash/worker-process.ts", this.#options], this.#env);
  }
}
