import { clone } from "./clone.ts";

/** The durable storage of a Durable Object. */
export class Disk {
  readonly values = new Map<string, unknown>();
  /** Null if none is set. */
  alarm: Alarm | null = null;
}

export interface Alarm {
  /** ms since 1970. */
  time: number;
  /** Number of times that the handler has thrown. */
  failures: number;
}

/** The writes of one synchronous step, which become durable together or not at all. */
export interface Writes {
  /** An undefined value is a deletion. */
  values: Map<string, unknown>;
  /** Undefined if unchanged. */
  alarm?: Alarm | null;
}

interface ListOptions {
  prefix?: string;
  /** The first key that is not listed. */
  end?: string;
  reverse?: boolean;
  limit?: number;
}

/** The storage API of one object instance. It reads its own writes before they are durable. */
export class SimulatedStorage {
  readonly kv = {
    get: (key: string): unknown => clone(this.#values.get(key)),
    list: (options: ListOptions = {}) => this.#list(options),
    put: (key: string, value: unknown) => this.#write(key, clone(value)),
    delete: (key: string) => this.#delete(key),
  };
  #values: Map<string, unknown>;
  #alarm: Alarm | null;
  #writes: Writes = { values: new Map() };

  constructor(disk: Disk) {
    this.#values = new Map(disk.values);
    this.#alarm = disk.alarm;
  }

  get isDirty(): boolean {
    return this.#writes.values.size > 0 || this.#writes.alarm !== undefined;
  }

  /** Returns the writes since the last call. */
  takeWrites(): Writes {
    const writes = this.#writes;
    this.#writes = { values: new Map() };
    return writes;
  }

  /** While the alarm handler runs, `getAlarm()` returns null, though the alarm stays on the disk. */
  hideAlarm(): void {
    this.#alarm = null;
  }

  transactionSync<T>(run: () => T): T {
    const writes = cloneOf(this.#writes);
    const before = { values: new Map(this.#values), writes, alarm: this.#alarm };
    try {
      return run();
    } catch (error) {
      this.#values = before.values;
      this.#writes = before.writes;
      this.#alarm = before.alarm;
      throw error;
    }
  }

  get(key: string): Promise<unknown> {
    return Promise.resolve(this.kv.get(key));
  }

  put(key: string, value: unknown): Promise<void> {
    this.kv.put(key, value);
    return Promise.resolve();
  }

  getAlarm(): Promise<number | null> {
    return Promise.resolve(this.#alarm?.time ?? null);
  }

  setAlarm(time: number): Promise<void> {
    this.#alarm = this.#writes.alarm = { time, failures: 0 };
    return Promise.resolve();
  }

  deleteAlarm(): Promise<void> {
    this.#alarm = this.#writes.alarm = null;
    return Promise.resolve();
  }

  deleteAll(): Promise<void> {
    for (const key of this.#values.keys()) this.#delete(key);
    return Promise.resolve();
  }

  /** Lists a copy, in the order of keys: writes during an iteration do not change it. */
  #list({ prefix = "", end, reverse = false, limit = Infinity }: ListOptions): [string, unknown][] {
    const isListed = (key: string) => key.startsWith(prefix) && (end === undefined || key < end);
    const keys = [...this.#values.keys()].filter(isListed).toSorted();
    const ordered = reverse ? keys.toReversed() : keys;
    return ordered.slice(0, limit).map((key) => [key, clone(this.#values.get(key))]);
  }

  #write(key: string, value: unknown): void {
    this.#values.set(key, value);
    this.#writes.values.set(key, value);
  }

  #delete(key: string): boolean {
    this.#writes.values.set(key, undefined);
    return this.#values.delete(key);
  }
}

export function applyWrites(disk: Disk, { values, alarm }: Writes): void {
  for (const [key, value] of values) {
    if (value === undefined) disk.values.delete(key);
    else disk.values.set(key, value);
  }
  if (alarm !== undefined) disk.alarm = alarm;
}

function cloneOf({ values, ...rest }: Writes): Writes {
  return { values: new Map(values), ...rest };
}
