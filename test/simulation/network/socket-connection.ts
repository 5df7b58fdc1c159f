import type { Core } from "../core.ts";
import { Host } from "../time/host.ts";

/** Who listens at one end of a wire. */
export interface SocketReceiver {
  host: Host;
  onMessage: (text: string) => void;
  onClose: (code: number, reason: string) => void;
}

type Message = (receiver: SocketReceiver) => void;

/** "Abnormal closure" (RFC 6455): the connection is gone, and nobody said why. */
const ABNORMAL_CLOSURE = 1006;
/** How long a server does not notice that a socket's other end is no more, in ms. */
const SILENT_LOSS_MS = 15 * 60_000;

/** One WebSocket connection: what is said at one end comes to the other, in order, or never. */
export class SocketConnection {
  readonly ends: readonly [SocketEnd, SocketEnd];
  readonly #core: Core;
  readonly #network = new Host("network");
  /** Does nothing come through any more, without anybody having been told? */
  #isBroken = false;

  constructor(core: Core) {
    this.#core = core;
    this.ends = [new SocketEnd(this), new SocketEnd(this)];
  }

  send(from: SocketEnd, what: string, message: Message): void {
    const { faults, random, scheduler } = this.#core;
    if (this.#isBroken) return;
    const to = this.#peer(from);
    const arrival =
      scheduler.now + random.skewed(1, faults.occurs("slowNetwork") ? 5000 : this.#core.latencyMs);
    to.arrival = Math.max(to.arrival, arrival);
    scheduler.after(to.arrival - scheduler.now, this.#network, `carries ${what}`, () => {
      if (!this.#isBroken) this.#deliver(to, what, message);
    });
    if (faults.occurs("socketCut")) this.break();
    if (faults.occurs("socketDead")) this.break(true);
  }

  /** One end closes, and with it the other as soon as it hears of it. */
  close(from: SocketEnd, code: number, reason: string): void {
    this.send(from, `close ${code}`, closeMessage(this.#peer(from), code, reason));
  }

  /** The connection breaks; both ends are told, or find out by themselves. */
  break(silently = false): void {
    if (!this.#isBroken) this.#loseAfter(silently ? SILENT_LOSS_MS : 1);
  }

  /** Nothing comes through any more; the ends notice after `ms`. */
  #loseAfter(ms: number): void {
    this.#isBroken = true;
    for (const end of this.ends.filter(({ isOpen }) => isOpen)) {
      this.#core.scheduler.after(ms, this.#network, "loses a socket", () => {
        if (end.isOpen) this.#deliver(end, "the loss", closeMessage(end, ABNORMAL_CLOSURE, ""));
      });
    }
  }

  #deliver(end: SocketEnd, what: string, message: Message): void {
    const { scheduler } = this.#core;
    const { receiver } = end;
    if (receiver)
      return scheduler.continueOn(receiver.host, `hears ${what}`, () => message(receiver));
    end.whenAttached((holder) => {
      scheduler.after(0, holder.host, `hears ${what}`, () => message(holder));
    });
  }

  #peer(end: SocketEnd): SocketEnd {
    return end === this.ends[0] ? this.ends[1] : this.ends[0];
  }
}

/** One end of a wire. Until somebody holds it, what comes waits. */
export class SocketEnd {
  readonly #connection: SocketConnection;
  #receiver: SocketReceiver | null = null;
  readonly #undelivered: ((receiver: SocketReceiver) => void)[] = [];
  #isOpen = true;
  /** When the latest message for this end comes: none overtakes it. */
  arrival = 0;

  constructor(wire: SocketConnection) {
    this.#connection = wire;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  attach(receiver: SocketReceiver): void {
    this.#receiver = receiver;
    receiver.host.connections.add((silently) => this.#connection.break(silently));
    for (const deliver of this.#undelivered.splice(0)) deliver(receiver);
  }

  /** Whoever holds it. */
  get receiver(): SocketReceiver | null {
    return this.#receiver;
  }

  /** Delivers once somebody holds it. */
  whenAttached(deliver: (receiver: SocketReceiver) => void): void {
    this.#undelivered.push(deliver);
  }

  /** @throws TypeError once the end is closed */
  send(text: string): void {
    if (!this.#isOpen) throw new TypeError("Can't call WebSocket send() after close().");
    this.#connection.send(this, shorten(text), (receiver) => receiver.onMessage(text));
  }

  close(code: number, reason: string): void {
    if (!this.markClosed()) return;
    this.#connection.close(this, code, reason);
  }

  /** Nothing more goes out from here; the answer is whether it did until now. */
  markClosed(): boolean {
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    return wasOpen;
  }

  /** The connection is gone: both ends are told soon, or find out much later. */
  break(silently = false): void {
    this.#connection.break(silently);
  }
}

function closeMessage(end: SocketEnd, code: number, reason: string): Message {
  return (receiver) => {
    if (end.markClosed()) receiver.onClose(code, reason);
  };
}

function shorten(text: string): string {
  return text.length <= 160 ? text : `${text.slice(0, 160)}… ${text.length}`;
}
