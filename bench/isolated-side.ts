import { ClientProcess, type Contents } from "./client-process.ts";
import { type House, openHouse, type Side } from "./workers.ts";
import { peakBytes, workerds } from "./processes.ts";
import { LANES, WARM_UP } from "./rounds.ts";
import { NEAR } from "./routes.ts";

/** The most that the processes of a stand held at a time, in bytes. */
export interface Peaks {
  client: number;
  workerd: number;
}

/**
 * One side with a workerd and a client of its own, warmed up: it can be stopped while the other goes
 * on, and memory that was once taken is seldom given back.
 */
export class Stand {
  readonly side: Side;
  readonly #house: House;
  readonly #workerd: number;
  readonly #client: ClientProcess;

  private constructor(side: Side, house: House, workerd: number) {
    this.side = side;
    this.#house = house;
    this.#workerd = workerd;
    this.#client = new ClientProcess();
  }

  /** @param bundle the folder from `bundleWorker` */
  static async open(side: Side, bundle: string): Promise<Stand> {
    const others = new Set(workerds());
    const house = await openHouse(bundle, NEAR);
    const workerd = workerds().find((pid) => !others.has(pid)) ?? Number.NaN;
    const stand = new Stand(side, house, workerd);
    await stand.upload(WARM_UP);
    return stand;
  }

  get pids(): readonly number[] {
    return [this.#workerd, this.#client.pid];
  }

  get peaks(): Peaks {
    return { client: peakBytes(this.#client.pid), workerd: peakBytes(this.#workerd) };
  }

  async upload(contents: Contents): Promise<void> {
    const { side } = this;
    await this.#client.upload({ side, origin: this.#house.origins[side], contents, lanes: LANES });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close();
    await this.#house.stop();
  }
}
