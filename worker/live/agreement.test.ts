import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import type { BatchResource, FilePage, Frame } from "../../protocol/index.ts";
import { limitWrites } from "../../storage/testing/write-limit.ts";
import { call, TestBatch } from "../testing/batch.ts";
import { serverSentEvents } from "../testing/events.ts";
import { FORM_TYPE, type Part, unclosedBody } from "../testing/multipart.ts";
import { disagreements, Observer } from "../testing/observer.ts";
import { noise } from "../testing/samples.ts";
import { eventually } from "../testing/watcher.ts";

/** Rounds with different seeds, each with its own batch. */
const SEEDS = [1, 2, 3];
const FILES = 30;
/** Bytes of a file that is streamed to R2, so that its progress is reported. */
const LARGE = 200_000;
const TURNS = 12;
/** Time that each `put` takes, so that the requests of two senders overlap. */
const PUT_MS = 40;
/** Frames that a connection gets at most before the watcher loses it. */
const FRAMES = 3;

afterEach(() => void vi.restoreAllMocks());

/** A batch that two senders compete for, and its watchers. */
class Contest {
  readonly batch: TestBatch;
  readonly sizes: readonly number[];
  /** Returns the next pseudo-random number from 0 to 1. */
  readonly random: () => number;
  isOver = false;

  private constructor(batch: TestBatch, sizes: readonly number[], random: () => number) {
    this.batch = batch;
    this.sizes = sizes;
    this.random = random;
  }

  static async start(seed: number): Promise<Contest> {
    const bytes = noise(100_000, seed);
    let next = 0;
    const random = () => (bytes[next++ % bytes.length] ?? 0) / 256;
    const sizes = Array.from({ length: FILES }, (_, id) => (id % 5 === 0 ? LARGE : id));
    return new Contest(await TestBatch.create(sizes), sizes, random);
  }

  /** Watches by WebSocket, and reconnects with the rev of the last frame. */
  async watchSocket(observer: Observer): Promise<void> {
    while (!this.isOver) {
      // An uploader: without one, the object waits some seconds before it can be evicted.
      const watcher = await this.batch.watch(observer.since, this.batch.created.tokens.live);
      let limit = this.#frameLimit();
      await eventually(() => {
        for (const frame of watcher.frames.splice(0, limit)) {
          observer.applyFrame(frame);
          limit--;
        }
        return this.isOver || limit === 0 || watcher.closeCode !== null;
      });
      watcher.close();
    }
  }

  /** Watches by Server-Sent Events, and reconnects with the last id as an EventSource does. */
  async watchEvents(observer: Observer): Promise<void> {
    const { links, tokens } = this.batch.created;
    let last: Record<string, string> = {};
    while (!this.isOver) {
      const response = await call(`${links.events}?token=${tokens.read}`, { headers: last });
      let limit = this.#frameLimit();
      if (response.status === 204) await scheduler.wait(this.random() * 40);
      for await (const { id, event, data } of serverSentEvents(response)) {
        if (this.isOver || event === "end") break;
        const frame: Frame = JSON.parse(data);
        observer.applyFrame(frame);
        if (id !== undefined) last = { "Last-Event-ID": id };
        if (--limit === 0) break;
      }
    }
  }

  /** Waits for a newer rev, then lists the files that changed. */
  async pollLong(observer: Observer): Promise<void> {
    while (!this.isOver) {
      const { since } = observer;
      const response = await this.batch.call(`?since=${since}&wait=1`);
      const status = await response.json<BatchResource>();
      if (status.rev > since) await this.#list(observer, 1000);
      // The server waits no longer once the batch is over.
      else if (status.state === "completed") await scheduler.wait(this.random() * 40);
      observer.applyStatus(status);
    }
  }

  /** Lists the files that changed, in pages, again and again. */
  async poll(observer: Observer): Promise<void> {
    while (!this.isOver) {
      await this.#list(observer, this.random() < 0.5 ? 1000 : 4);
      observer.applyStatus(await this.batch.status());
      await scheduler.wait(this.random() * 40);
    }
  }

  /** Sends files, other bytes than the other sender, and disturbs its requests. */
  async send(sender: number): Promise<void> {
    for (let turn = 0; turn < TURNS; turn++) {
      const ids = [...this.sizes.keys()].filter(() => this.random() < 0.15);
      await this.#act(sender, ids);
      await scheduler.wait(this.random() * 40);
    }
  }

  /** Sends every file that is not settled, until none is left. */
  async finish(): Promise<BatchResource> {
    for (;;) {
      const status = await this.batch.status();
      if (status.state === "completed") return status;
      await Promise.all(this.sizes.map((_, id) => this.#put(1, id)));
    }
  }

  /** Ends the batch, which ends its streams. */
  async end(): Promise<void> {
    this.isOver = true;
    await this.batch.call("", { method: "DELETE" });
  }

  async #act(sender: number, ids: readonly number[]): Promise<void> {
    const [first = 0] = ids;
    const chance = this.random();
    if (chance < 0.35) await ended(this.batch.sendBundle(this.#parts(sender, ids)));
    else if (chance < 0.6) await Promise.all(ids.map((id) => this.#put(sender, id)));
    else if (chance < 0.75) await this.#breakOff(sender, ids);
    else if (chance < 0.85) await ended(this.batch.call("/retry", { method: "POST" }));
    else if (chance < 0.9) await ended(this.batch.call(`/files/${first}`, { method: "DELETE" }));
    else await this.#evict();
  }

  /** Some files have a wrong length, and fail. */
  #parts(sender: number, ids: readonly number[]): Part[] {
    return ids.map((name) => {
      return { name, bytes: this.random() < 0.2 ? "wrong" : this.#content(sender, name) };
    });
  }

  #put(sender: number, id: number): Promise<void> {
    return ended(this.batch.put(id, this.#content(sender, id)));
  }

  async #breakOff(sender: number, ids: readonly number[]): Promise<void> {
    const body = unclosedBody(this.#parts(sender, ids));
    const half = body.subarray(0, body.length / 2);
    const headers = { "Content-Type": FORM_TYPE };
    await ended(this.batch.call("/bundle", { method: "POST", headers, body: half }));
  }

  async #evict(): Promise<void> {
    const webSockets = this.random() < 0.5 ? "close" : "hibernate";
    // Another sender may have evicted it, and then it does not run.
    await evictDurableObject(env.BATCH.getByName(this.batch.id), { webSockets }).catch(() => {});
  }

  async #list(observer: Observer, limit: number): Promise<void> {
    const pages: FilePage[] = [];
    const query = `/files?since=${observer.since}&limit=${limit}`;
    for (let next: number | null = -1; next !== null;) {
      const after = next === -1 ? "" : `&after=${next}`;
      const page: FilePage = await (await this.batch.call(`${query}${after}`)).json();
      pages.push(page);
      next = page.next;
    }
    observer.applyPages(pages);
  }

  #frameLimit(): number {
    return 1 + Math.floor(this.random() * FRAMES);
  }

  #content(sender: number, id: number): Uint8Array<ArrayBuffer> {
    return noise(this.sizes[id] ?? 0, sender * FILES + id);
  }
}

/** Resolves when the response has ended. Some requests fail, as they have to. */
async function ended(response: Promise<Response>): Promise<void> {
  await (await response).arrayBuffer();
}

/** Lets two senders compete until the batch has ended and every observer knows that. */
async function compete(contest: Contest, observers: readonly Observer[]): Promise<void> {
  await Promise.all([contest.send(1), contest.send(2)]);
  const { rev, completedAt } = await contest.finish();
  await expect
    .poll(() => observers.map(({ name, since, ends }) => [name, since, ends.at(-1)]))
    .toEqual(observers.map(({ name }) => [name, rev, completedAt]));
  await contest.end();
}

test.each(SEEDS)("all ways to watch a batch agree at each rev and at its end: %i", async (seed) => {
  const contest = await Contest.start(seed);
  limitWrites(PUT_MS);
  const observe = (name: string) => new Observer(name, FILES);
  const [socket, events] = [observe("WebSocket"), observe("events")];
  const [long, plain] = [observe("long poll"), observe("poll")];
  const observers = [socket, events, long, plain];
  await Promise.all([
    contest.watchSocket(socket),
    contest.watchEvents(events),
    contest.pollLong(long),
    contest.poll(plain),
    compete(contest, observers),
  ]);
  expect(disagreements(observers)).toEqual([]);
});
