import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Serving, startProcesses } from "../support/process-group.ts";

/** The built Worker in a process of its own, which starts much sooner than `npm start` does. */
export class WorkerServer {
  readonly #options: string;

  private constructor(options: string) {
    this.#options = options;
  }

  /** @param state folder of R2's and the objects' data */
  static async build(state: string, port: number): Promise<WorkerServer> {
    const build = ["test/ordeal/build-worker.ts", state, String(port)];
    const { stdout } = await promisify(execFile)(process.execPath, build);
    const file = join(state, "options.json");
    await writeFile(file, stdout);
    return new WorkerServer(file);
  }

  start(): Promise<Serving> {
    return startProcesses(["test/ordeal/worker-process.ts", this.#options]);
  }
}
