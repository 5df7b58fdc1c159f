import { ClientProcess, type Contents } from "./client-process.ts";
import { type Workers, startWorkers, type Side } from "./workers.ts";
import { peakBytes, workerdPids } from "./processes.ts";
import { CONCURRENCY, WARM_UP } from "./rounds.ts";
import { NEAR } from "./routes.ts";

/** The most that the processes of a side held at a time, in bytes. */
export interface PeakMemory {
  client: number;
  workerd: number;
}

/**
 * One side with a workerd and a client of its own, warmed up: it can be stopped while the other goes
 * on, and memory that was once taken is seldom given back.
 */
export class IsolatedSide {
  readonly side: Side;
  readonly #workers: Workers;
  readonly #workerd: number;
  readonly #client: ClientProcess;

  private constructor(side: Side, workers: Workers, workerd: number) {
    this.side = side;
    this.#workers = workers;
    this.#workerd = workerd;
    this.#client = new ClientProcess();
  }

  /** @param bundle the folder from `bundleWorker` */
  static async open(side: Side, bundle: string): Promise<IsolatedSide> {
    const others = new Set(workerdPids());
    const workers = await startWorkers(bundle, NEAR);
    const workerd = workerdPids().find((pid) => !others.has(pid)) ?? Number.NaN;
    const opened = new IsolatedSide(side, workers, workerd);
    await opened.upload(WARM_UP);
    return opened;
  }

  get pids(): readonly number[] {
    return [this.#workerd, this.#client.pid];
  }

  get peakMemory(): PeakMemory {
    return { client: peakBytes(this.#client.pid), workerd: peakBytes(this.#workerd) };
  }

  async upload(contents: Contents): Promise<void> {
    const { side } = this;
    await this.#client.upload({
      side,
      origin: this.#workers.origins[side],
      contents,
      concurrency: CONCURRENCY,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close();
    await this.#workers.stop();
  }
}
