import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, inject, test, vi } from "vitest";
import { SECOND_MS } from "../../protocol/index.ts";
import { Batch } from "./batch.ts";
import type { FileEvent } from "./file.ts";

declare module "vitest" {
  interface ProvidedContext {
    webhookReceiver: string;
  }
}

/** In a hundred years, so that no alarm is due by the real clock while a test runs. */
const NOW = Date.UTC(2126, 0, 1, 12);
const SECRET = "whsec_c2lnbnMtb25seS10aGUtd2ViaG9va3Mtb2YtdGVzdHM=";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  vi.spyOn(console, "warn").mockReturnValue();
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

interface ReceivedEvent {
  headers: Record<string, string>;
  body: string;
}

/** A batch whose ends are announced to a path of the receiver. */
class AnnouncingBatch {
  readonly id = crypto.randomUUID();
  readonly #stub = env.BATCH.getByName(this.id);
  readonly #path = `${inject("webhookReceiver")}/${this.id}`;
  settings: object;
  #batch: Batch | null = null;

  /** @param answers the receiver's, in order */
  constructor(answers: string) {
    this.settings = { WEBHOOK_URL: `${this.#path}?answers=${answers}`, WEBHOOK_SECRET: SECRET };
  }

  /** Creates it with two files: one that is stored, and one that fails. */
  static async completed(answers: string): Promise<AnnouncingBatch> {
    const batch = new AnnouncingBatch(answers);
    await batch.create();
    await batch.settle();
    return batch;
  }

  create(): Promise<unknown> {
    const owner = { key: "owner-key", name: "user-42", isNotified: false };
    const files = ["a.txt", "b.txt"].map((name) => ({ name, size: 5 }));
    const origin = "https://tallyman.test";
    const metadata = { name: "Holiday" };
    return this.within((batch) =>
      batch.create({ id: this.id, metadata, files, sealed: true, owner, origin }),
    );
  }

  /** Stores the first file and fails the second one, so that the batch is completed. */
  settle(): Promise<unknown> {
    const error = { code: "processing_failed", detail: "Again.", retryable: true } as const;
    const events: FileEvent[] = [
      { file: 0, event: "stored", etag: "etag", sha256: "0".repeat(64) },
      { file: 0, event: "processing", progress: 75 },
      { file: 0, event: "completed", properties: {} },
      { file: 1, event: "failed", error },
    ];
    return this.within((batch) => batch.applyEvents(events));
  }

  /** Runs in an object of its own, which has the settings of the test. */
  within<T>(call: (batch: Batch, storage: DurableObjectStorage) => T | Promise<T>): Promise<T> {
    return runInDurableObject(this.#stub, (_, ctx) => {
      this.#batch ??= new Batch(ctx, { ...env, ...this.settings });
      return call(this.#batch, ctx.storage);
    });
  }

  /** The object stops, and the next call starts it again, with other settings if there are any. */
  restart(settings: object = this.settings): void {
    this.settings = settings;
    this.#batch = null;
  }

  /** Advances the clock to the alarm and runs it. Returns false if there is none. */
  runAlarm(): Promise<boolean> {
    return this.within(async (batch, storage) => {
      const time = await storage.getAlarm();
      if (time === null) return false;
      vi.setSystemTime(Math.max(time, Date.now()));
      await storage.deleteAlarm();
      await batch.alarm();
      return true;
    });
  }

  /** Runs all alarms. Returns the seconds at which they ran. */
  async runAlarms(): Promise<number[]> {
    const seconds: number[] = [];
    while (await this.runAlarm()) seconds.push((Date.now() - NOW) / SECOND_MS);
    return seconds;
  }

  async status() {
    const result = await this.within((batch) => batch.status());
    if (!result.ok) throw new Error(result.detail);
    return result.value;
  }

  async received(path = ""): Promise<ReceivedEvent[]> {
    return (await fetch(`${this.#path}${path}`)).json();
  }

  async ids(): Promise<(string | undefined)[]> {
    return (await this.received()).map(({ headers }) => headers["webhook-id"]);
  }
}

describe("the end of a batch", () => {
  test("is announced once, with what the receiver needs to find the files", async () => {
    const batch = await AnnouncingBatch.completed("200");
    const { rev, summary, completedAt } = await batch.status();
    expect((await batch.status()).webhook).toEqual({
      state: "pending",
      attempts: 0,
      lastStatus: null,
      nextAt: new Date(NOW).toISOString(),
    });
    expect(await batch.runAlarms()).toEqual([0]);
    const [event, ...others] = await batch.received();
    expect(others).toEqual([]);
    expect(event?.headers).toMatchObject({
      "content-type": "application/json",
      "webhook-id": `${batch.id}.${rev}`,
      "webhook-timestamp": String(NOW / SECOND_MS),
      "webhook-signature": expect.stringMatching(/^v1,[\w+/]{43}=$/u),
    });
    const links = expect.objectContaining({ self: `https://tallyman.test/v1/batches/${batch.id}` });
    expect(JSON.parse(event?.body ?? "")).toEqual({
      type: "batch.completed",
      timestamp: completedAt,
      data: {
        batch: batch.id,
        rev,
        owner: "user-42",
        summary,
        metadata: { name: "Holiday" },
        links,
      },
    });
    const delivered = { state: "delivered", attempts: 1, lastStatus: 200, nextAt: null };
    expect((await batch.status()).webhook).toEqual(delivered);
  });

  test("has a rev above the announcement's once that is delivered, for clients that wait", async () => {
    const batch = await AnnouncingBatch.completed("200");
    const { rev, updatedAt } = await batch.status();
    await batch.runAlarms();
    const after = await batch.status();
    expect(after.rev).toBeGreaterThan(rev);
    expect(after).toMatchObject({ updatedAt, state: "completed" });
  });

  test("is announced again after a retry, under another id", async () => {
    const batch = await AnnouncingBatch.completed("200");
    await batch.runAlarms();
    await batch.within((object) => object.retry(null));
    await batch.settle();
    await batch.runAlarms();
    const [first, second, ...others] = await batch.ids();
    expect([typeof first, typeof second, others]).toEqual(["string", "string", []]);
    expect(second).not.toBe(first);
    expect(second).toMatch(new RegExp(`^${batch.id}\\.\\d+$`, "u"));
  });

  test("is not announced if the batch is cancelled, deleted, or the operator has no webhook", async () => {
    const cancelled = new AnnouncingBatch("200");
    await cancelled.create();
    await cancelled.within((object) => object.cancel());
    await cancelled.runAlarms();
    const deleted = await AnnouncingBatch.completed("200");
    await deleted.within((object) => object.delete());
    await deleted.runAlarms();
    const none = new AnnouncingBatch("200");
    none.restart({});
    await none.create();
    await none.settle();
    expect(await none.status()).not.toHaveProperty("webhook");
    await none.runAlarms();
    for (const batch of [cancelled, deleted, none]) expect(await batch.received()).toEqual([]);
  });
});

const FAILED = { state: "failed", nextAt: null };

test("a batch that is retried and then cancelled is not announced any more", async () => {
  const batch = await AnnouncingBatch.completed("500,200");
  await batch.runAlarm();
  await batch.within((object) => object.retry([1]));
  await batch.within((object) => object.cancel());
  expect((await batch.status()).webhook).toEqual({ ...FAILED, attempts: 1, lastStatus: 500 });
  await batch.runAlarms();
  expect(await batch.ids()).toHaveLength(1);
});

describe("a receiver", () => {
  test("that returns 500 gets the same event again, less and less often, and then no more", async () => {
    const batch = await AnnouncingBatch.completed("500");
    const hours = [0, 0, 0, 0.5, 2, 5, 10];
    const seconds = [0, 5, 305, 2105, 9305, 27_305, 63_305];
    expect(seconds.at(-1)).toBe(hours.reduce((sum, hour) => sum + hour * 3600, 305));
    expect(await batch.runAlarms()).toEqual(seconds);
    const events = await batch.received();
    expect(events).toHaveLength(7);
    expect(new Set(await batch.ids()).size).toBe(1);
    expect(new Set(events.map(({ body }) => body)).size).toBe(1);
    expect((await batch.status()).webhook).toEqual({ ...FAILED, attempts: 7, lastStatus: 500 });
  });

  test("that is down for an hour gets the event after it", async () => {
    const batch = await AnnouncingBatch.completed("cut,cut,cut,cut,204");
    const seconds = await batch.runAlarms();
    expect(seconds.filter((second) => second < 3600)).toHaveLength(4);
    expect(seconds).toHaveLength(5);
    expect((await batch.status()).webhook).toMatchObject({ state: "delivered", lastStatus: 204 });
  });

  test("that returns 500 once gets the event five seconds later", async () => {
    const batch = await AnnouncingBatch.completed("500,200");
    await batch.runAlarm();
    expect((await batch.status()).webhook).toEqual({
      state: "pending",
      attempts: 1,
      lastStatus: 500,
      nextAt: new Date(NOW + 5 * SECOND_MS).toISOString(),
    });
    expect(await batch.runAlarms()).toEqual([5]);
    expect((await batch.status()).webhook).toMatchObject({ state: "delivered", attempts: 2 });
  });

  test("that returns 410 gets no more", async () => {
    const batch = await AnnouncingBatch.completed("410");
    expect(await batch.runAlarms()).toEqual([0]);
    expect((await batch.status()).webhook).toEqual({ ...FAILED, attempts: 1, lastStatus: 410 });
  });

  test("that redirects elsewhere is not followed", async () => {
    const batch = await AnnouncingBatch.completed("redirect,200");
    await batch.runAlarm();
    expect((await batch.status()).webhook).toMatchObject({ state: "pending", lastStatus: 307 });
    await batch.runAlarms();
    expect(await batch.received("-elsewhere")).toEqual([]);
    expect((await batch.status()).webhook).toMatchObject({ state: "delivered" });
  });

  test("that never responds is given up after ten seconds, and holds nothing back meanwhile", async () => {
    const given = new AbortController();
    const timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValue(given.signal);
    const batch = await AnnouncingBatch.completed("hang,200");
    const alarm = batch.runAlarm();
    await vi.waitUntil(async () => (await batch.received()).length === 1);
    expect(timeout).toHaveBeenCalledWith(10_000);
    expect((await batch.status()).webhook).toMatchObject({ state: "pending", attempts: 0 });
    expect(await batch.within((object) => object.cancelFile(0))).toMatchObject({ ok: true });
    const nextAt = new Date(Date.now() + 5 * SECOND_MS).toISOString();
    given.abort(new DOMException("Too late.", "TimeoutError"));
    expect(await alarm).toBe(true);
    timeout.mockRestore();
    expect((await batch.status()).webhook).toMatchObject({ attempts: 1, lastStatus: null, nextAt });
    await batch.runAlarms();
    expect((await batch.status()).webhook).toMatchObject({ state: "delivered" });
  });

  test("that responds without an end has got the event", async () => {
    const batch = await AnnouncingBatch.completed("endless");
    expect(await batch.runAlarms()).toEqual([0]);
    expect((await batch.status()).webhook).toMatchObject({ state: "delivered", lastStatus: 200 });
  });

  test("whose address is removed gets nothing, and the retries end", async () => {
    const batch = await AnnouncingBatch.completed("500");
    await batch.runAlarm();
    batch.restart({});
    await batch.runAlarms();
    expect(await batch.received()).toHaveLength(1);
    expect((await batch.status()).webhook).toMatchObject({ ...FAILED, lastStatus: null });
  });

  test("that gets an event late gets the end as it was", async () => {
    const batch = await AnnouncingBatch.completed("500,200");
    const { summary } = await batch.status();
    await batch.runAlarm();
    await batch.within((object) => object.cancelFile(0));
    await batch.within((object) => object.change({ metadata: { name: "Other" } }));
    await batch.runAlarms();
    const bodies = (await batch.received()).map(({ body }) => body);
    expect(bodies[1]).toBe(bodies[0]);
    expect(JSON.parse(bodies[1] ?? "")).toMatchObject({ data: { summary } });
  });
});

describe("a failed attempt is logged", () => {
  test("without the address, which may contain a secret", async () => {
    const log = vi.spyOn(console, "warn").mockReturnValue();
    const batch = await AnnouncingBatch.completed("500,200");
    await batch.runAlarms();
    expect(log.mock.calls).toEqual([
      [JSON.stringify({ batch: batch.id, webhook: "pending", attempts: 1, status: 500 })],
    ]);
  });
});

describe("an object that stops", () => {
  test("after the last file and before the alarm sends the event after its restart", async () => {
    const batch = await AnnouncingBatch.completed("200");
    batch.restart();
    await batch.runAlarms();
    expect(await batch.ids()).toHaveLength(1);
  });

  test("before it knows the response sends the event again under the same id", async () => {
    const batch = await AnnouncingBatch.completed("hang,200");
    const given = new AbortController();
    const timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValueOnce(given.signal);
    const lost = batch.runAlarm();
    await vi.waitUntil(async () => (await batch.received()).length === 1);
    timeout.mockRestore();
    batch.restart();
    // The platform runs the alarm of an object that has stopped again.
    await batch.within((_, storage) => storage.setAlarm(Date.now()));
    await batch.runAlarm();
    const [first, second, ...others] = await batch.ids();
    expect([second, others]).toEqual([first, []]);
    expect((await batch.status()).webhook).toMatchObject({ state: "delivered", attempts: 1 });
    given.abort();
    await lost;
  });
});

describe("a call that repeats the event", () => {
  const repeat = (batch: AnnouncingBatch) => batch.within((object) => object.repeatWebhook());

  test("sends it again under the same id, with a new series of retries", async () => {
    const batch = await AnnouncingBatch.completed("500,500,500,500,500,500,500,500,200");
    await batch.runAlarms();
    expect(await repeat(batch)).toMatchObject({
      value: { webhook: { state: "pending", attempts: 0, nextAt: new Date().toISOString() } },
    });
    await batch.runAlarms();
    expect(new Set(await batch.ids()).size).toBe(1);
    expect((await batch.status()).webhook).toMatchObject({ state: "delivered", attempts: 2 });
  });

  test("is refused for a minute after another one", async () => {
    const batch = await AnnouncingBatch.completed("200");
    await batch.runAlarms();
    expect(await repeat(batch)).toMatchObject({ ok: true });
    await batch.runAlarms();
    vi.setSystemTime(Date.now() + 20 * SECOND_MS);
    expect(await repeat(batch)).toMatchObject({ code: "rate_limited", retryAfter: 40 });
    vi.setSystemTime(Date.now() + 40 * SECOND_MS);
    expect(await repeat(batch)).toMatchObject({ ok: true });
    await batch.runAlarms();
    expect(await batch.ids()).toHaveLength(3);
  });

  test("changes nothing if it comes twice before the event is sent", async () => {
    const batch = await AnnouncingBatch.completed("200");
    await batch.runAlarms();
    const first = await repeat(batch);
    vi.setSystemTime(Date.now() + SECOND_MS);
    expect(await repeat(batch)).toEqual(first);
    await batch.runAlarms();
    expect(await batch.ids()).toHaveLength(2);
  });

  test("is sent even if it comes while the event is sent", async () => {
    const batch = await AnnouncingBatch.completed("hang,200");
    const given = new AbortController();
    vi.spyOn(AbortSignal, "timeout").mockReturnValueOnce(given.signal);
    const alarm = batch.runAlarm();
    await vi.waitUntil(async () => (await batch.received()).length === 1);
    expect(await repeat(batch)).toMatchObject({ ok: true });
    given.abort();
    await alarm;
    expect((await batch.status()).webhook).toMatchObject({ state: "pending", attempts: 0 });
    await batch.runAlarms();
    expect(await batch.ids()).toHaveLength(2);
    expect((await batch.status()).webhook).toMatchObject({ state: "delivered", attempts: 1 });
  });

  test("is refused while the batch is not completed, and without a webhook", async () => {
    const batch = new AnnouncingBatch("200");
    await batch.create();
    expect(await repeat(batch)).toMatchObject({ code: "not_completed" });
    await batch.settle();
    batch.restart({});
    expect(await repeat(batch)).toMatchObject({ code: "not_configured" });
  });

  test("announces an end from before the operator had a webhook", async () => {
    const batch = new AnnouncingBatch("200");
    const announcing = batch.settings;
    batch.restart({});
    await batch.create();
    await batch.settle();
    await batch.runAlarms();
    const { rev, summary } = await batch.status();
    batch.restart(announcing);
    await repeat(batch);
    await batch.runAlarms();
    const [event] = await batch.received();
    expect(event?.headers["webhook-id"]).toBe(`${batch.id}.${rev}`);
    expect(JSON.parse(event?.body ?? "")).toMatchObject({ data: { rev, summary } });
  });

  test("announces an end that followed while the operator had no webhook", async () => {
    const batch = await AnnouncingBatch.completed("200");
    await batch.runAlarms();
    const announcing = batch.settings;
    batch.restart({});
    await batch.within((object) => object.retry(null));
    await batch.settle();
    const { rev, summary } = await batch.status();
    batch.restart(announcing);
    await repeat(batch);
    await batch.runAlarms();
    const [, event] = await batch.received();
    expect(event?.headers["webhook-id"]).toBe(`${batch.id}.${rev}`);
    expect(JSON.parse(event?.body ?? "")).toMatchObject({ data: { rev, summary } });
  });
});
