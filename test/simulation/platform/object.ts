import { AlarmClock } from "./alarm-clock.ts";
import type { Core } from "../core.ts";
import { ServerSocket, type WebSocketRequestResponsePair } from "../globals/workerd.ts";
import { Host } from "../time/host.ts";
import { type Gate, ObjectInstance } from "./object-instance.ts";
import { applyWrites, Disk, type Writes } from "./storage.ts";
import type { SocketEnd } from "../network/socket-connection.ts";
import type { ObjectClass, DurableObject } from "./worker-module.ts";

/** What came of a call: what it returned, or what it threw. */
export type CallOutcome = { value: unknown } | { error: unknown };

export interface ObjectOptions {
  core: Core;
  /** What it is called in a trace. */
  name: string;
  id: string;
  Class: ObjectClass;
  envFor: (host: Host, gate: Gate) => object;
  /** Is told when something has become durable. */
  onCommit?: (object: SimulatedObject) => void;
}

/** One Durable Object: what is durable of it, its sockets, and its present life, if it has one. */
export class SimulatedObject {
  readonly disk = new Disk();
  readonly id: string;
  readonly name: string;
  readonly #options: ObjectOptions;
  /** Delivers what comes while the object sleeps. */
  readonly #platform: Host;
  readonly #alarmClock: AlarmClock;
  readonly #sockets = new Set<SocketEnd>();
  #autoResponse: WebSocketRequestResponsePair | null = null;
  #running: { life: ObjectInstance; object: () => DurableObject } | null = null;

  constructor(options: ObjectOptions) {
    this.#options = options;
    this.id = options.id;
    this.name = options.name;
    this.#platform = new Host(this.name);
    this.#alarmClock = new AlarmClock(options.core, this.#platform, this.disk, (done) =>
      this.#runAlarm(done),
    );
  }

  /** Its class's methods. */
  get prototype(): object {
    return this.#options.Class.prototype;
  }

  /**
   * Runs `call` on the object, which is woken for it, as the last thing of what happens at the moment.
   *
   * @param answer is told what came of it, once all that was written before is durable
   * @param lost is called instead where the object dies before that
   */
  call(
    what: string,
    call: (object: DurableObject) => unknown,
    answer: (outcome: CallOutcome) => void,
    lost: () => void,
  ): void {
    const { faults, random, scheduler } = this.#options.core;
    const { life, object } = this.#getInstance();
    life.pendingCalls.add(lost);
    const settle = (outcome: CallOutcome) => {
      life.gate(() => {
        if (life.pendingCalls.delete(lost)) answer(outcome);
      });
    };
    if (faults.occurs("objectCrash")) {
      scheduler.after(random.skewed(0, 50), this.#platform, "kills the object", () => this.crash());
    }
    scheduler.continueOn(life.host, `runs ${what}`, () => {
      void outcomeOf(() => call(object())).then(settle);
    });
  }

  /** All sockets are still there, and so is what was written; the rest begins anew when it is woken. */
  evict(): void {
    if (!this.#running?.life.isIdle) return;
    this.#options.core.trace.add(`${this.name} is evicted`);
    this.#running.life.stop(false);
    this.#running = null;
  }

  /** What was not durable is gone, and all sockets are. */
  crash(): void {
    if (!this.#running) return;
    const { life } = this.#running;
    this.#running = null;
    for (const end of this.#sockets) end.break();
    this.#sockets.clear();
    life.stop(true);
  }

  /** After each step of whatever it was. */
  commit(): void {
    this.#running?.life.commit();
  }

  #getInstance(): { life: ObjectInstance; object: () => DurableObject } {
    this.#running ??= this.#start();
    return this.#running;
  }

  #start(): { life: ObjectInstance; object: () => DurableObject } {
    const { core, Class, envFor } = this.#options;
    const life = new ObjectInstance(core, this.name, this.disk, (writes) => this.#persist(writes));
    let object: DurableObject | null = null;
    core.trace.add(`${this.name} is woken`);
    return {
      life,
      object: () => (object ??= new Class(this.#stateFor(life), envFor(life.host, life.gate))),
    };
  }

  #persist(writes: Writes): void {
    applyWrites(this.disk, writes);
    this.#options.onCommit?.(this);
    if (writes.alarm !== undefined) this.#alarmClock.reschedule();
  }

  #runAlarm(done: (outcome: CallOutcome | null) => void): void {
    this.#getInstance().life.storage.hideAlarm();
    this.call(
      "alarm",
      (object) => object.alarm?.(),
      done,
      () => done(null),
    );
  }

  /** What the class is given as its `ctx`. */
  #stateFor(life: ObjectInstance): object {
    const known = new Map<SocketEnd, ServerSocket>();
    const socketFor = (end: SocketEnd) => {
      const socket = known.get(end) ?? new ServerSocket(end);
      socket.gate = life.gate;
      known.set(end, socket);
      return socket;
    };
    return {
      storage: life.storage,
      acceptWebSocket: (socket: ServerSocket) => {
        known.set(socket.end, socket);
        this.#attach(socketFor(socket.end).end);
      },
      getWebSockets: () => [...this.#sockets].map(socketFor),
      setWebSocketAutoResponse: (pair: WebSocketRequestResponsePair) => {
        this.#autoResponse = pair;
      },
      waitUntil: () => undefined,
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
    const call = (object: DurableObject) => object.webSocketMessage?.(new ServerSocket(end), text);
    this.call("webSocketMessage", call, nothing, nothing);
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
