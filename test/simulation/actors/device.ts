import type { CreatedBatch } from "../../../protocol/index.ts";
import { Host } from "../time/host.ts";
import type { Invariants } from "../checks/invariants.ts";
import type { World } from "../world.ts";

/** What a second device may do to a batch whenever it likes. */
const ACTIONS = ["pause", "resume", "retry", "cancelFile", "cancel", "delete"] as const;
export type Action = (typeof ACTIONS)[number];

/** How likely each is, relative to the others: what ends a batch is rare. */
const WEIGHTS: Readonly<Record<Action, number>> = {
  pause: 6,
  resume: 6,
  retry: 5,
  cancelFile: 3,
  cancel: 0.4,
  delete: 0.4,
};

/** A second device with the write token: it sends single requests, once each. */
export class Device {
  readonly host = new Host("device");
  readonly #world: World;
  readonly #batch: CreatedBatch;
  readonly #invariants: Invariants;
  /** Was the batch to be deleted, without an answer so far that says it is? */
  #isDeletionPending = false;

  constructor(world: World, batch: CreatedBatch, invariants: Invariants) {
    this.#world = world;
    this.#batch = batch;
    this.#invariants = invariants;
  }

  get isDeletionPending(): boolean {
    return this.#isDeletionPending;
  }

  /** Does something, whatever it is. */
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

  /** @returns the answer's status; null where none came */
  async #call(method: string, path: string): Promise<number | null> {
    const headers = { Authorization: `Bearer ${this.#batch.tokens.write}` };
    const url = `https://tallyman.test${this.#batch.links.self}${path}`;
    const signal = AbortSignal.timeout(30_000);
    try {
      return (await fetch(url, { method, headers, signal })).status;
    } catch {
      return null;
    }
  }
}
