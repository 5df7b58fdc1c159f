import { ownerKeyOf } from "./checks/owner-invariant.ts";
import { Faults } from "./faults.ts";
import { Backend, type ReceivedEvent } from "./network/backend.ts";
import { Network, type TrafficListener } from "./network/network.ts";
import { createStub } from "./platform/calls.ts";
import { Edge } from "./platform/edge.ts";
import type { Gate } from "./platform/object-instance.ts";
import { type ObjectOptions, SimulatedObject } from "./platform/object.ts";
import { Bucket } from "./platform/r2.ts";
import { BucketBinding } from "./platform/r2-binding.ts";
import type { Disk } from "./platform/storage.ts";
import type { WorkerModule } from "./platform/worker-module.ts";
import { Random } from "./random.ts";
import type { PageSocketEvents, PageSocketWire, Stage } from "./stage.ts";
import type { Host } from "./time/host.ts";
import { Scheduler } from "./time/scheduler.ts";
import { Timers } from "./time/timers.ts";
import { Trace } from "./trace.ts";

/** Time at which every simulation starts, in ms since 1970. */
export const START = Date.UTC(2026, 0, 1);

/** One-way latencies between a page and the edge, in ms: from a nearby location to a satellite link. */
const LATENCIES_MS = [20, 60, 200, 1000];

/** Signs grants. */
export const GRANT_SECRET = "signs-only-the-grants-of-a-simulation";

const SETTINGS = {
  ACCESS: "open",
  ALLOWED_ORIGINS: "*",
  BATCH_DAYS: "7",
  LINK_DAYS: "30",
  BODY_BYTES_PER_SECOND: "512",
  BODY_GRACE_SECONDS: "60",
  QUOTA_OPEN_BATCHES: "0",
  QUOTA_FILES_PER_DAY: "0",
  QUOTA_BYTES_PER_DAY: "0",
  TALLYMAN_SECRET: "signs-only-the-tokens-of-a-simulation",
  GRANT_SECRET,
};

/** Is notified of everything that the simulation checks. */
export interface Observer extends TrafficListener {
  /** Writes of a batch have become durable. @param owner the disk of its owner, if it has one */
  onCommit: (object: SimulatedObject, owner: Disk | null) => void;
  /** An error was thrown that no code has caught. */
  onUncaught: (error: string) => void;
  /** An R2 object was stored or deleted. */
  onObjectChange: (key: string) => void;
  /** The backend has got an event; absent if the operator has no webhook. */
  onEvent?: (event: ReceivedEvent) => void;
}

interface WorldOptions {
  worker: WorkerModule;
  observer: Observer;
  /** Settings of the operator that differ from the usual ones. */
  settings?: Readonly<Record<string, string>>;
}

/** Everything around the actors of one simulation: the platform, the network, and their faults. */
export class World implements Stage {
  readonly random: Random;
  readonly faults: Faults;
  readonly trace = new Trace();
  readonly scheduler = new Scheduler(this.trace, START, (error) => this.uncaught(error));
  readonly timers = new Timers(this.scheduler);
  readonly latencyMs: number;
  readonly bucket: Bucket;
  /** The Batch objects, by id. */
  readonly objects = new Map<string, SimulatedObject>();
  readonly #owners = new Map<string, SimulatedObject>();
  readonly edge: Edge;
  readonly #network: Network;
  readonly #backend: Backend;
  readonly #worker: WorkerModule;
  readonly #observer: Observer;
  readonly #settings: Readonly<Record<string, string>>;

  /** @param share of the kinds of faults that occur, 0 to 1 */
  constructor(seed: number, share: number, { worker, observer, settings }: WorldOptions) {
    this.#settings = { ...SETTINGS, ...settings };
    this.random = new Random(seed);
    this.faults = new Faults(this.random, share);
    this.latencyMs = this.random.pick(LATENCIES_MS);
    this.#worker = worker;
    this.#observer = observer;
    this.bucket = new Bucket(this, (key) => observer.onObjectChange(key));
    this.edge = new Edge(this, worker, (host) => this.#envFor(host));
    this.#network = new Network(this, this.edge, observer);
    this.#backend = new Backend(this, (event) => observer.onEvent?.(event));
    this.scheduler.onStep(() => {
      for (const object of this.everyObject) object.commit();
    });
  }

  get everyObject(): SimulatedObject[] {
    return [...this.objects.values(), ...this.#owners.values()];
  }

  readonly fetch = (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const url = input instanceof Request ? input.url : String(input);
    return this.#backend.has(url) ? this.#backend.fetch(init) : this.#network.fetch(url, init);
  };

  /** Repeats any earlier request. Call it last in a step. */
  repeatAnyRequest(): void {
    this.#network.repeatAny();
  }

  connect(url: string, events: PageSocketEvents): PageSocketWire {
    return this.#network.connect(url, events);
  }

  uncaught(error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.trace.add(text);
    this.#observer.onUncaught(
      `${this.scheduler.current.name} threw ${text.split("\n", 1).join("")}`,
    );
  }

  log(text: string): void {
    this.trace.add(`console: ${text.slice(0, 300)}`);
  }

  #envFor(caller: Host, gate: Gate = (output) => output()): object {
    return {
      ...this.#settings,
      // No actor asks for the page.
      ASSETS: {},
      BUCKET: new BucketBinding(this, this.bucket, caller, gate),
      BATCH: { getByName: (id: string) => createStub(this, caller, this.#object(id)) },
      OWNER: {
        idFromName: (name: string) => name,
        get: (name: string) => createStub(this, caller, this.#owner(name)),
      },
    };
  }

  #object(id: string): SimulatedObject {
    const onCommit = (object: SimulatedObject) => {
      const owner = this.#owners.get(ownerKeyOf(object.disk) ?? "");
      this.#observer.onCommit(object, owner?.disk ?? null);
    };
    const name = `batch ${id.slice(0, 4)}`;
    return this.#getOrCreate(this.objects, { id, name, Class: this.#worker.Batch, onCommit });
  }

  #owner(id: string): SimulatedObject {
    const name = `owner ${id.slice(-4)}`;
    return this.#getOrCreate(this.#owners, { id, name, Class: this.#worker.Owner });
  }

  #getOrCreate(
    objects: Map<string, SimulatedObject>,
    options: Omit<ObjectOptions, "core" | "envFor">,
  ): SimulatedObject {
    const existing = objects.get(options.id);
    if (existing) return existing;
    const envFor = (host: Host, gate: Gate) => this.#envFor(host, gate);
    const object = new SimulatedObject({ ...options, core: this, envFor });
    objects.set(options.id, object);
    return object;
  }
}
