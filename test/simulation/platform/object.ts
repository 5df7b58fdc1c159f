import { AlarmClock } from "./alarm-clock.ts";
import type { Core } from "../core.ts";
import { ServerSocket, type WebSocketRequestResponsePair } from "../globals/workerd.ts";
import { Host } from "../time/host.ts";
import { type Gate, Incarnation } from "./object-instance.ts";
import { applyTo, Disk, type Writes } from "./storage.ts";
import type { End } from "../network/socket-connection.ts";
import type { ObjectClass, DurableObject } from "./worker-module.ts";

/** What came of a call: what it returned, or what it threw. */
export type Outcome = { value: unknown } | { error: unknown };

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
  readonly #sockets = new Set<End>();
  #autoResponse: WebSocketRequestResponsePair | null = null;
  #awake: { life: Incarnation; object: () => DurableObject } | null = null;

  constructor(options: ObjectOptions) {
    this.#options = options;
    this.id = options.id;
    this.name = options.name;
    this.#platform = new Host(this.name);
    this.#alarmClock = new AlarmClock(options.core, this.#platform, this.disk, (done) =>
      this.#ring(done),
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
  serve(
    what: string,
    call: (object: DurableObject) => unknown,
    answer: (outcome: Outcome) => void,
    lost: () => void,
  ): void {
    const { faults, random, scheduler } = this.#options.core;
    const { life, object } = this.#wake();
    life.calls.add(lost);
    const settle = (outcome: Outcome) => {
      life.gate(() => {
        if (life.calls.delete(lost)) answer(outcome);
      });
    };
    if (faults.strikes("objectCrash")) {
      scheduler.after(random.skewed(0, 50), this.#platform, "kills the object", () => this.crash());
    }
    scheduler.hand(life.host, `runs ${what}`, () => {
      void outcomeOf(() => call(object())).then(settle);
    });
  }

  /** All sockets are still there, and so is what was written; the rest begins anew when it is woken. */
  evict(): void {
    if (!this.#awake?.life.isIdle) return;
    this.#options.core.trace.add(`${this.name} is evicted`);
    this.#awake.life.end(false);
    this.#awake = null;
  }

  /** What was not durable is gone, and all sockets are. */
  crash(): void {
    if (!this.#awake) return;
    const { life } = this.#awake;
    this.#awake = null;
    for (const end of this.#sockets) end.break();
    this.#sockets.clear();
    life.end(true);
  }

  /** After each step of whatever it was. */
  rest(): void {
    this.#awake?.life.commit();
  }

  #wake(): { life: Incarnation; object: () => DurableObject } {
    this.#awake ??= this.#start();
    return this.#awake;
  }

  #start(): { life: Incarnation; object: () => DurableObject } {
    const { core, Class, envFor } = this.#options;
    const life = new Incarnation(core, this.name, this.disk, (writes) => this.#keep(writes));
    let object: DurableObject | null = null;
    core.trace.add(`${this.name} is woken`);
    return {
      life,
      object: () => (object ??= new Class(this.#stateFor(life), envFor(life.host, life.gate))),
    };
  }

  #keep(writes: Writes): void {
    applyTo(this.disk, writes);
    this.#options.onCommit?.(this);
    if (writes.alarm !== undefined) this.#alarmClock.set();
  }

  #ring(done: (outcome: Outcome | null) => void): void {
    this.#wake().life.storage.hideAlarm();
    this.serve(
      "alarm",
      (object) => object.alarm?.(),
      done,
      () => done(null),
    );
  }

  /** What the class is given as its `ctx`. */
  #stateFor(life: Incarnation): object {
    const known = new Map<End, ServerSocket>();
    const socketFor = (end: End) => {
      const socket = known.get(end) ?? new ServerSocket(end);
      socket.gate = life.gate;
      known.set(end, socket);
      return socket;
    };
    return {
      storage: life.storage,
      acceptWebSocket: (socket: ServerSocket) => {
        known.set(socket.end, socket);
        this.#hold(socketFor(socket.end).end);
      },
      getWebSockets: () => [...this.#sockets].map(socketFor),
      setWebSocketAutoResponse: (pair: WebSocketRequestResponsePair) => {
        this.#autoResponse = pair;
      },
      waitUntil: () => undefined,
    };
  }

  #hold(end: End): void {
    this.#sockets.add(end);
    end.hold({
      host: this.#platform,
      heard: (text) => this.#hear(end, text),
      closed: () => this.#sockets.delete(end),
    });
  }

  #hear(end: End, text: string): void {
    if (text === this.#autoResponse?.request) {
      if (end.isOpen) end.send(this.#autoResponse.response);
      return;
    }
    const call = (object: DurableObject) => object.webSocketMessage?.(new ServerSocket(end), text);
    this.serve("webSocketMessage", call, nothing, nothing);
  }
}

async function outcomeOf(call: () => unknown): Promise<Outcome> {
  try {
    return { value: await call() };
  } catch (error) {
    return { error };
  }
}

function nothing(): void {}
