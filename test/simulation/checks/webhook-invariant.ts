import * as v from "valibot";
import type { ReceivedEvent } from "../network/backend.ts";
import type { History } from "./history.ts";

const Event = v.object({
  type: v.literal("batch.completed"),
  data: v.object({
    batch: v.string(),
    rev: v.number(),
    summary: v.object({ completedAt: v.string() }),
  }),
});

/** The events that the backend has got of one batch. */
export class WebhookInvariant {
  readonly #bodies = new Map<string, string>();

  /** Returns the reason for which the backend may not get an event; null if it may. */
  add({ id, body }: ReceivedEvent, history: History): string | null {
    const { data } = v.parse(Event, JSON.parse(body));
    if (id !== `${data.batch}.${data.rev}`) return `the event of rev ${data.rev} has the id ${id}`;
    const isEnd = history.endRevs.has(data.rev) && history.ends.has(data.summary.completedAt);
    if (!isEnd) return `an end with rev ${data.rev} was announced and is not durable`;
    const before = this.#bodies.get(id) ?? body;
    this.#bodies.set(id, body);
    return before === body ? null : `the event ${id} was sent with another body`;
  }

  /** Returns the reason why the last end of a batch does not count as announced; null if it does. */
  problemOf({ latest }: History, batch: string): string | null {
    if (latest?.state !== "completed") return null;
    const { completedRev, webhook } = latest.batch;
    const isKnown = this.#bodies.has(`${batch}.${completedRev}`);
    if (isKnown && webhook?.state === "delivered") return null;
    return `the end with rev ${completedRev} of ${batch} was not announced`;
  }
}
