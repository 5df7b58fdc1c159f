import { SECOND_MS } from "../../protocol/index.ts";
import { signedHeaders } from "../standard-webhooks.ts";
import type { Settings } from "../settings.ts";
import type { OpenBatch } from "./transaction.ts";
import { attempted, type WebhookRecord } from "./webhook.ts";
import { type DueEvent, dueEvent } from "./webhook-event.ts";

/** Time after which an attempt is given up. The object stays awake, and is billed, meanwhile. */
const TIMEOUT_MS = 10 * SECOND_MS;

/** Runs a transaction; returns null if there is no batch. */
type Run = <T>(transaction: (batch: OpenBatch) => T) => T | null;

/**
 * Sends the events of a batch's end to the operator's address. The alarm calls it, which the platform
 * repeats if the object stops before the attempt is recorded: an event is sent at least once, and always
 * with the same id.
 */
export class WebhookSender {
  readonly #webhook: Settings["webhook"];
  readonly #run: Run;

  constructor(webhook: Settings["webhook"], run: Run) {
    this.#webhook = webhook;
    this.#run = run;
  }

  /** Sends the event, if it is due. Never throws because of the receiver. */
  async sendDue(): Promise<void> {
    const due = this.#run((batch) => dueEvent(batch, Date.now()));
    if (!due) return;
    const status = await this.#send(due);
    this.#run((batch) => recordAttempt(batch, due.record, status));
  }

  /** Returns the status of the response; null without one. */
  async #send({ id, body }: DueEvent): Promise<number | null> {
    // The operator has removed the address: nothing is sent, and the retries end in time.
    if (!this.#webhook) return null;
    const { url, secrets } = this.#webhook;
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: await signedHeaders({ id, body, now: Date.now() }, secrets),
        body,
        // Another address would be one that the operator has not chosen.
        redirect: "manual",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await response.body?.cancel().catch(() => undefined);
      return response.status;
    } catch {
      return null;
    }
  }
}

/** Records an attempt, unless the batch has a newer event, or a call has repeated it meanwhile. */
function recordAttempt(
  { tally, config, commit }: OpenBatch,
  { rev, attempts, repeatedAt }: WebhookRecord,
  status: number | null,
): void {
  const { webhook: current, deletedAt } = tally.batch;
  const isSame = current?.rev === rev && current.attempts === attempts;
  if (!isSame || current.repeatedAt !== repeatedAt || deletedAt !== undefined) return;
  const record = attempted(current, status, Date.now());
  tally.setWebhook(record);
  // A delivery is no activity, which would put off the expiry.
  commit(tally.batch.updatedAt);
  if (record.state !== "delivered") report(config.id, record);
}

/** The address is not logged, as it may contain a secret of the receiver's. */
function report(batch: string, { state, attempts, lastStatus }: WebhookRecord): void {
  console.warn(JSON.stringify({ batch, webhook: state, attempts, status: lastStatus }));
}
