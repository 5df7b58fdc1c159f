import { ClientProcess, type Contents, type Uploaded, type UploadTask } from "./client-process.ts";
import { peakBytes, processorMs } from "./processes.ts";
import { CONCURRENCY, WARM_UP } from "./rounds.ts";

/** A Worker to upload to. */
export interface Target {
  origin: string;
  /** Process id of its workerd. */
  pid: number;
  stop: () => Promise<void>;
}

/** The highest memory usage of a side's processes, in bytes. */
export interface PeakMemory {
  client: number;
  workerd: number;
}

/**
 * One side of a comparison with its own workerd and its own client process, warmed up. It can be
 * suspended while the other side runs, and its memory is its own.
 */
export class IsolatedSide {
  readonly #options: Pick<UploadTask, "side" | "checkout">;
  readonly #target: Target;
  readonly #client = new ClientProcess();

  private constructor(options: Pick<UploadTask, "side" | "checkout">, target: Target) {
    this.#options = options;
    this.#target = target;
  }

  static async open(
    options: Pick<UploadTask, "side" | "checkout">,
    target: Target,
  ): Promise<IsolatedSide> {
    const side = new IsolatedSide(options, target);
    await side.upload(WARM_UP);
    return side;
  }

  get pids(): readonly number[] {
    return [this.#target.pid, this.#client.pid];
  }

  get peakMemory(): PeakMemory {
    return { client: peakBytes(this.#client.pid), workerd: peakBytes(this.#target.pid) };
  }

  /** Uploads, and measures workerd's processor time as well. */
  async upload(contents: Contents): Promise<Uploaded & { cpuMs: number }> {
    const { origin, pid } = this.#target;
    const cpuBefore = processorMs(pid);
    const task = { ...this.#options, origin, contents, concurrency: CONCURRENCY };
    const uploaded = await this.#client.upload(task);
    return { ...uploaded, cpuMs: processorMs(pid) - cpuBefore };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close();
    await this.#target.stop();
  }
}
