import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, vi } from "vitest";
import { ok, type Result } from "../refusals.ts";
import type { Batch } from "../batch.ts";
import { settings } from "../../settings.ts";
import { BatchModel } from "./batch-model.ts";
import type { Call, Step } from "./calls.ts";

/** What a batch says of itself, as the model tells it. */
function look(batch: Batch): Result<unknown> {
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

/** A batch and its model, which go through the same. Time passes only here: `Date` is a fake one. */
export class Pair {
  readonly #stub = env.BATCH.getByName(crypto.randomUUID());
  readonly #model = new BatchModel(settings(env));
  readonly #calls: Call[] = [];

  /** What the model says of the batch now. */
  get expected(): object {
    return this.#model.look();
  }

  /** @returns what the batch says of itself after the step */
  async live(step: Step): Promise<Result<unknown>> {
    vi.setSystemTime(Date.now() + 1);
    if (step.kind === "evict") await evictDurableObject(this.#stub);
    else if (step.kind === "alarm") await this.#ring(step.after);
    else await this.#call(step.kind === "again" ? this.#calls.at(-1 - step.back) : step);
    return this.#within(look);
  }

  async #call(call: Call | undefined): Promise<void> {
    if (!call) return;
    this.#calls.push(call);
    const answered = await this.#within((batch) => call.on(batch));
    expect(answered).toMatchObject(Object(call.on(this.#model)));
    if (!call.isRepeatable) return;
    const before = await this.#within(look);
    // As the platform does when it lost the answer.
    await this.#within((batch) => call.on(batch));
    expect(await this.#within(look)).toEqual(before);
  }

  async #ring(after: number): Promise<void> {
    vi.setSystemTime(Date.now() + after);
    await runDurableObjectAlarm(this.#stub);
    this.#model.ring();
  }

  #within<T>(call: (batch: Batch) => T): Promise<T> {
    return runInDurableObject<Batch, T>(this.#stub, call);
  }
}
