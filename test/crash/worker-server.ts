import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Serving, startProcesses } from "../support/process-group.ts";

/** The built Worker in a process of its own, which starts much sooner than `npm start` does. */
export class RestartableWorker {
  readonly #options: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(options: string, env: NodeJS.ProcessEnv) {
    this.#options = options;
    this.#env = env;
  }

  /** @param state folder of all that it leaves: R2's and the objects' data, and what is temporary */
  static async build(state: string, port: number): Promise<RestartableWorker> {
    const build = ["test/crash/build-worker.ts", state, String(port)];
    // What is killed clears nothing away.
    const env = { ...process.env, TMPDIR: state };
    const { stdout } = await promisify(execFile)(process.execPath, build, { env });
    const file = join(state, "options.json");
    await writeFile(file, stdout);
    return new RestartableWorker(file, env);
  }

  start(): Promise<Serving> {
    return startProcesses(["test/crash/worker-process.ts", this.#options], this.#env);
  }
}
