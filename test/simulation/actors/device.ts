import type { CreatedBatch } from "../../../protocol/index.ts";
import type { Invariants } from "../checks/invariants.ts";
import { Host } from "../time/host.ts";
import type { World } from "../world.ts";

/** The requests that a second device sends about a batch. */
const ACTIONS = ["pause", "resume", "retry", "cancelFile", "cancel", "delete"] as const;
type Action = (typeof ACTIONS)[number];

/** Relative probability of each action. Those that end a batch are rare. */
const WEIGHTS: Readonly<Record<Action, number>> = {
  pause: 6,
  resume: 6,
  retry: 5,
  cancelFile: 3,
  cancel: 0.4,
  delete: 0.4,
};

/** A second device with the write token. It sends single requests and retries none of them. */
export class Device {
  readonly host = new Host("device");
  readonly #world: World;
  readonly #batch: CreatedBatch;
  readonly #invariants: Invariants;
  #isDeletionPending = false;

  constructor(world: World, batch: CreatedBatch, invariants: Invariants) {
    this.#world = world;
    this.#batch = batch;
    this.#invariants = invariants;
  }

  /** True after a request to delete the batch, until a response confirms it. */
  get isDeletionPending(): boolean {
    return this.#isDeletionPending;
  }

  /** Sends a random action. */
  sendRandom(): void {
    const { random } = this.#world;
    const sum = Object.values(WEIGHTS).reduce((all, weight) => all + weight, 0);
    let left = random.fraction() * sum;
    const action = ACTIONS.find((candidate) => (left -= WEIGHTS[candidate]) < 0);
    if (action) this.send(action);
  }

  send(action: Action): void {
    const { random, scheduler } = this.#world;
    const file = random.whole(0, 12);
    scheduler.after(0, this.host, action, () => void this.#send(action, file));
  }

  async #send(action: Action, file: number): Promise<void> {
    switch (action) {
      case "cancelFile":
        return void (await this.#call("DELETE", `/files/${file}`));
      case "delete":
        return this.#delete();
      default:
        await this.#call("POST", `/${action}`);
    }
  }

  async #delete(): Promise<void> {
    this.#isDeletionPending = true;
    this.#invariants.expectDeletion(this.#batch.id);
    const status = await this.#call("DELETE", "");
    if (status === 204 || status === 404) this.#isDeletionPending = false;
  }

  /** Returns the status of the response; null if there is none. */
  async #call(method: string, path: string): Promise<number | null> {
    const headers = { Authorization: `Bearer ${this.#batch.tokens.write}` };
    const url = `${this.#batch.links.self}${path}`;
    const signal = AbortSignal.timeout(30_000);
    try {
      return (await fetch(url, { method, headers, signal })).status;
    } catch {
      return null;
    }
  }
}
