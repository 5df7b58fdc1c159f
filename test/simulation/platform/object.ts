import type { Core } from "../core.ts";
import { ServerSocket, type WebSocketRequestResponsePair } from "../globals/workerd.ts";
import type { SocketEnd } from "../network/socket-connection.ts";
import { Host } from "../time/host.ts";
import { AlarmClock } from "./alarm-clock.ts";
import { type Gate, ObjectInstance } from "./object-instance.ts";
import { applyWrites, Disk, type Writes } from "./storage.ts";
import type { DurableObject, ObjectClass } from "./worker-module.ts";

/** The result of a call, or the error that it threw. */
export type CallOutcome = { value: unknown } | { error: unknown };

export interface ObjectOptions {
  core: Core;
  /** Its name in a trace. */
  name: string;
  id: string;
  Class: ObjectClass;
  envFor: (host: Host, gate: Gate) => object;
  /** Is called when writes have become durable. */
  onCommit?: (object: SimulatedObject) => void;
}

/** An object in memory. Its class is constructed by the first call, inside that call's step. */
interface Running {
  instance: ObjectInstance;
  object: () => DurableObject;
}

/** One Durable Object: its durable data, its sockets, and its instance if it is in memory. */
export class SimulatedObject {
  readonly disk = new Disk();
  readonly id: string;
  readonly name: string;
  readonly #options: ObjectOptions;
  /** Delivers events while the object is not in memory. */
  readonly #platform: Host;
  readonly #alarmClock: AlarmClock;
  readonly #sockets = new Set<SocketEnd>();
  #autoResponse: WebSocketRequestResponsePair | null = null;
  #running: Running | null = null;

  constructor(options: ObjectOptions) {
    this.#options = options;
    this.id = options.id;
    this.name = options.name;
    this.#platform = new Host(this.name);
    this.#alarmClock = new AlarmClock(options.core, this.#platform, this.disk, (done) =>
      this.#runAlarm(done),
    );
  }

  /** The prototype of its class, which has its methods. */
  get prototype(): object {
    return this.#options.Class.prototype;
  }

  /**
   * Runs a call on the object, and creates its instance if needed. Call it last in a step: the rest
   * of the step belongs to the object.
   *
   * @param onOutcome receives the outcome once everything that was written before is durable
   * @param onLost is called instead if the object dies before that
   */
  call(
    name: string,
    run: (object: DurableObject) => unknown,
    onOutcome: (outcome: CallOutcome) => void,
    onLost: () => void,
  ): void {
    const { faults, random, scheduler } = this.#options.core;
    const { instance, object } = this.#getRunning();
    instance.pendingCalls.add(onLost);
    const settle = (outcome: CallOutcome) => {
      instance.gate(() => {
        if (instance.pendingCalls.delete(onLost)) onOutcome(outcome);
      });
    };
    if (faults.occurs("objectCrash")) {
      scheduler.after(random.skewed(0, 50), this.#platform, "kills the object", () => this.crash());
    }
    scheduler.continueOn(instance.host, `runs ${name}`, () => {
      void outcomeOf(() => instance.whenReady(object(), run)).then(settle);
    });
  }

  /** Removes the instance, if it is idle. Sockets and durable data stay. */
  evict(): void {
    if (!this.#running?.instance.isIdle) return;
    this.#options.core.trace.add(`${this.name} is evicted`);
    this.#running.instance.stop(false);
    this.#running = null;
  }

  /** Loses the instance, everything that is not durable, and all sockets. */
  crash(): void {
    if (!this.#running) return;
    const { instance } = this.#running;
    this.#running = null;
    for (const end of this.#sockets) end.break();
    this.#sockets.clear();
    instance.stop(true);
  }

  /** Commits the writes of a step. Call it after each step of the simulation. */
  commit(): void {
    this.#running?.instance.commit();
  }

  #getRunning(): Running {
    this.#running ??= this.#start();
    return this.#running;
  }

  #start(): Running {
    const { core, Class, envFor } = this.#options;
    const instance = new ObjectInstance(core, this.name, this.disk, (writes) =>
      this.#persist(writes),
    );
    let object: DurableObject | null = null;
    core.trace.add(`${this.name} starts`);
    return {
      instance,
      object: () =>
        (object ??= new Class(this.#stateFor(instance), envFor(instance.host, instance.gate))),
    };
  }

  #persist(writes: Writes): void {
    applyWrites(this.disk, writes);
    this.#options.onCommit?.(this);
    if (writes.alarm !== undefined) this.#alarmClock.reschedule();
  }

  #runAlarm(done: (outcome: CallOutcome | null) => void): void {
    this.#getRunning().instance.storage.hideAlarm();
    this.call(
      "alarm",
      (object) => object.alarm?.(),
      done,
      () => done(null),
    );
  }

  /** Returns the `ctx` of the class. */
  #stateFor(instance: ObjectInstance): object {
    const sockets = new Map<SocketEnd, ServerSocket>();
    const socketFor = (end: SocketEnd) => {
      const socket = sockets.get(end) ?? new ServerSocket(end);
      socket.gate = instance.gate;
      sockets.set(end, socket);
      return socket;
    };
    return {
      storage: instance.storage,
      acceptWebSocket: (socket: ServerSocket) => {
        sockets.set(socket.end, socket);
        this.#attach(socketFor(socket.end).end);
      },
      getWebSockets: () => [...this.#sockets].map(socketFor),
      setWebSocketAutoResponse: (pair: WebSocketRequestResponsePair) => {
        this.#autoResponse = pair;
      },
      waitUntil: () => undefined,
      blockConcurrencyWhile: (start: () => Promise<unknown>) => {
        instance.starting = start();
        return instance.starting;
      },
    };
  }

  #attach(end: SocketEnd): void {
    this.#sockets.add(end);
    end.attach({
      host: this.#platform,
      onMessage: (text) => this.#onMessage(end, text),
      onClose: () => this.#sockets.delete(end),
    });
  }

  #onMessage(end: SocketEnd, text: string): void {
    if (text === this.#autoResponse?.request) {
      if (end.isOpen) end.send(this.#autoResponse.response);
      return;
    }
    const run = (object: DurableObject) => object.webSocketMessage?.(new ServerSocket(end), text);
    this.call("webSocketMessage", run, nothing, nothing);
  }
}

async function outcomeOf(call: () => unknown): Promise<CallOutcome> {
  try {
    return { value: await call() };
  } catch (error) {
    return { error };
  }
}

function nothing(): void {}
