import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, vi } from "vitest";
import { ok, type Result } from "../refusals.ts";
import type { Batch } from "../batch.ts";
import type { Row } from "../../../protocol/index.ts";
import { settings } from "../../settings.ts";
import type { FileDetails } from "../views.ts";
import { advanceTimers } from "./advance-timers.ts";
import { BatchModel } from "./batch-model.ts";
import type { Call, Step } from "./calls.ts";

/** The batch and its files, in the form of `BatchModel.state()`. */
function stateOf(batch: Batch): Result<unknown> {
  const status = batch.status();
  const list = batch.list({ since: null, state: null, after: -1, limit: 1000 });
  if (!status.ok || !list.ok) return status;
  const files = list.value.files.map((file) => {
    const single = batch.file(file.id);
    const parts = single.ok && file.etag === undefined ? single.value.parts?.received : [];
    return Object.assign({}, file, { parts: parts ?? [] });
  });
  return ok({ batch: status.value, files });
}

/** Time after which the Batch has written everything that it writes later. */
const QUIET_MS = 5000;

const ALL = { state: null, after: -1, limit: 1000 };

/** A client that polls with `since`, as `GET …/files?since=` does. */
class Poller {
  #rev = 0;
  readonly #rows = new Map<number, Row>();

  /** Polls for changes, and checks that it then knows every file. */
  poll(batch: Batch): void {
    const changes = batch.list({ since: this.#rev, ...ALL });
    const all = batch.list({ since: null, ...ALL });
    if (!changes.ok || !all.ok) return;
    expect(changes.value.rev).toBeGreaterThanOrEqual(this.#rev);
    this.#rev = changes.value.rev;
    for (const file of changes.value.files) this.#rows.set(file.id, rowOf(file));
    const known = [...this.#rows.values()].toSorted(([a], [b]) => a - b);
    expect(known).toEqual(all.value.files.map(rowOf));
  }
}

function rowOf({ id, state, progress, receivedBytes, error }: FileDetails): Row {
  return [id, state, progress, receivedBytes, error?.code ?? null];
}

/** A Batch and its model, which get the same calls. The clock is fake, and advances only here. */
export class Pair {
  readonly #stub = env.BATCH.getByName(crypto.randomUUID());
  readonly #model = new BatchModel(settings(env));
  readonly #calls: Call[] = [];
  #poller = new Poller();

  /** The model's current state. */
  get expected(): object {
    return this.#model.state();
  }

  /** Performs a step. @returns the state of the Batch after it */
  async perform(step: Step): Promise<Result<unknown>> {
    vi.setSystemTime(Date.now() + 1);
    if (step.kind === "evict") await this.#evict();
    else if (step.kind === "quiet") await this.#within(() => advanceTimers(QUIET_MS));
    else if (step.kind === "poll") await this.#within((batch) => this.#poller.poll(batch));
    else if (step.kind === "alarm") await this.#alarm(step.after);
    else await this.#call(step.kind === "repeat" ? this.#calls.at(-1 - step.back) : step);
    return this.#within(stateOf);
  }

  async #call(call: Call | undefined): Promise<void> {
    if (!call) return;
    this.#calls.push(call);
    const result = await this.#within((batch) => call.on(batch));
    expect(result).toMatchObject(Object(call.on(this.#model)));
    if (!call.isRepeatable) return;
    const before = await this.#within(stateOf);
    // The platform repeats a call whose response was lost.
    await this.#within((batch) => call.on(batch));
    expect(await this.#within(stateOf)).toEqual(before);
  }

  async #evict(): Promise<void> {
    // An eviction waits for timers that are not fake, and ends the others. The clock starts over with them.
    const now = Date.now();
    vi.clearAllTimers();
    vi.setSystemTime(now);
    await evictDurableObject(this.#stub);
    this.#model.restart();
  }

  async #alarm(after: number): Promise<void> {
    vi.setSystemTime(Date.now() + after);
    await runDurableObjectAlarm(this.#stub);
    this.#model.alarm();
    // Clients of a batch that is gone end. Only in these tests does another batch get its id.
    if (!this.#model.state().ok) this.#poller = new Poller();
    // An eviction loses the time of a change that is less than a second old; here it would be days.
    await this.#within(() => advanceTimers(QUIET_MS));
  }

  #within<T>(call: (batch: Batch) => T): Promise<T> {
    return runInDurableObject<Batch, T>(this.#stub, call);
  }
}
