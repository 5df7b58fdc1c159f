import type { Core } from "../core.ts";
import { Host } from "../time/host.ts";

/** Who listens at one end of a wire. */
export interface Receiver {
  host: Host;
  heard: (text: string) => void;
  closed: (code: number, reason: string) => void;
}

type Message = (receiver: Receiver) => void;

/** "Abnormal closure" (RFC 6455): the connection is gone, and nobody said why. */
const GONE = 1006;
/** How long a server does not notice that a socket's other end is no more, in ms. */
const UNNOTICED_MS = 15 * 60_000;

/** One WebSocket connection: what is said at one end comes to the other, in order, or never. */
export class Wire {
  readonly ends: readonly [End, End];
  readonly #core: Core;
  readonly #network = new Host("network");
  /** Does nothing come through any more, without anybody having been told? */
  #isDead = false;

  constructor(core: Core) {
    this.#core = core;
    this.ends = [new End(this), new End(this)];
  }

  carry(from: End, what: string, message: Message): void {
    const { faults, random, scheduler } = this.#core;
    if (this.#isDead) return;
    const to = this.#peer(from);
    const arrival =
      scheduler.now + random.skewed(1, faults.strikes("slowNetwork") ? 5000 : this.#core.pace);
    to.arrival = Math.max(to.arrival, arrival);
    scheduler.after(to.arrival - scheduler.now, this.#network, `carries ${what}`, () => {
      if (!this.#isDead) this.#deliver(to, what, message);
    });
    if (faults.strikes("socketCut")) this.break();
    if (faults.strikes("socketDead")) this.break(true);
  }

  /** One end closes, and with it the other as soon as it hears of it. */
  close(from: End, code: number, reason: string): void {
    this.carry(from, `close ${code}`, closing(this.#peer(from), code, reason));
  }

  /** The connection breaks; both ends are told, or find out by themselves. */
  break(silently = false): void {
    if (!this.#isDead) this.#die(silently ? UNNOTICED_MS : 1);
  }

  /** Nothing comes through any more; the ends notice after `ms`. */
  #die(ms: number): void {
    this.#isDead = true;
    for (const end of this.ends.filter(({ isOpen }) => isOpen)) {
      this.#core.scheduler.after(ms, this.#network, "loses a socket", () => {
        if (end.isOpen) this.#deliver(end, "the loss", closing(end, GONE, ""));
      });
    }
  }

  #deliver(end: End, what: string, message: Message): void {
    const { scheduler } = this.#core;
    const { receiver } = end;
    if (receiver) return scheduler.hand(receiver.host, `hears ${what}`, () => message(receiver));
    end.wait((holder) => {
      scheduler.after(0, holder.host, `hears ${what}`, () => message(holder));
    });
  }

  #peer(end: End): End {
    return end === this.ends[0] ? this.ends[1] : this.ends[0];
  }
}

/** One end of a wire. Until somebody holds it, what comes waits. */
export class End {
  readonly #wire: Wire;
  #receiver: Receiver | null = null;
  readonly #waiting: ((receiver: Receiver) => void)[] = [];
  #isOpen = true;
  /** When the latest message for this end comes: none overtakes it. */
  arrival = 0;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  hold(receiver: Receiver): void {
    this.#receiver = receiver;
    receiver.host.connections.add((silently) => this.#wire.break(silently));
    for (const deliver of this.#waiting.splice(0)) deliver(receiver);
  }

  /** Whoever holds it. */
  get receiver(): Receiver | null {
    return this.#receiver;
  }

  /** Delivers once somebody holds it. */
  wait(deliver: (receiver: Receiver) => void): void {
    this.#waiting.push(deliver);
  }

  /** @throws TypeError once the end is closed */
  send(text: string): void {
    if (!this.#isOpen) throw new TypeError("Can't call WebSocket send() after close().");
    this.#wire.carry(this, brief(text), (receiver) => receiver.heard(text));
  }

  close(code: number, reason: string): void {
    if (!this.shut()) return;
    this.#wire.close(this, code, reason);
  }

  /** Nothing more goes out from here; the answer is whether it did until now. */
  shut(): boolean {
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    return wasOpen;
  }

  /** The connection is gone: both ends are told soon, or find out much later. */
  break(silently = false): void {
    this.#wire.break(silently);
  }
}

function closing(end: End, code: number, reason: string): Message {
  return (receiver) => {
    if (end.shut()) receiver.closed(code, reason);
  };
}

function brief(text: string): string {
  return text.length <= 160 ? text : `${text.slice(0, 160)}… ${text.length}`;
}
