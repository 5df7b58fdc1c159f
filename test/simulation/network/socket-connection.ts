import type { Core } from "../core.ts";
import { Host } from "../time/host.ts";

/** Receives what arrives at one end of a connection. */
export interface SocketReceiver {
  host: Host;
  onMessage: (text: string) => void;
  onClose: (code: number, reason: string) => void;
}

type Message = (receiver: SocketReceiver) => void;

/** "Abnormal closure" (RFC 6455): the connection broke without a close frame. */
const ABNORMAL_CLOSURE = 1006;
/** Time until an end notices that the connection broke silently, in ms. */
const SILENT_LOSS_MS = 15 * 60_000;

/** One WebSocket connection. Messages arrive at the other end in order, or not at all. */
export class SocketConnection {
  readonly ends: readonly [SocketEnd, SocketEnd];
  readonly #core: Core;
  readonly #network = new Host("network");
  /** True once nothing arrives any more, whether or not the ends have noticed. */
  #isBroken = false;

  constructor(core: Core) {
    this.#core = core;
    this.ends = [new SocketEnd(this), new SocketEnd(this)];
  }

  send(from: SocketEnd, label: string, message: Message): void {
    const { faults, latencyMs, random, scheduler } = this.#core;
    if (this.#isBroken) return;
    const to = this.#peer(from);
    const latency = random.skewed(1, faults.occurs("slowNetwork") ? 5000 : latencyMs);
    to.arrival = Math.max(to.arrival, scheduler.now + latency);
    scheduler.after(to.arrival - scheduler.now, this.#network, `carries ${label}`, () => {
      if (!this.#isBroken) this.#deliver(to, label, message);
    });
    if (faults.occurs("socketCut")) this.break();
    if (faults.occurs("socketDead")) this.break(true);
  }

  /** Sends a close frame. The other end closes when it arrives. */
  close(from: SocketEnd, code: number, reason: string): void {
    this.send(from, `close ${code}`, closeMessage(this.#peer(from), code, reason));
  }

  /** @param silently true to let both ends notice it only after `SILENT_LOSS_MS` */
  break(silently = false): void {
    if (!this.#isBroken) this.#breakWithNotice(silently ? SILENT_LOSS_MS : 1);
  }

  #breakWithNotice(ms: number): void {
    this.#isBroken = true;
    for (const end of this.ends.filter(({ isOpen }) => isOpen)) {
      this.#core.scheduler.after(ms, this.#network, "loses a socket", () => {
        if (end.isOpen) this.#deliver(end, "the loss", closeMessage(end, ABNORMAL_CLOSURE, ""));
      });
    }
  }

  #deliver(end: SocketEnd, label: string, message: Message): void {
    const { scheduler } = this.#core;
    const { receiver } = end;
    if (receiver)
      return scheduler.continueOn(receiver.host, `receives ${label}`, () => message(receiver));
    end.whenAttached((attached) => {
      scheduler.after(0, attached.host, `receives ${label}`, () => message(attached));
    });
  }

  #peer(end: SocketEnd): SocketEnd {
    return end === this.ends[0] ? this.ends[1] : this.ends[0];
  }
}

/** One end of a connection. Messages wait until a receiver is attached. */
export class SocketEnd {
  readonly #connection: SocketConnection;
  #receiver: SocketReceiver | null = null;
  readonly #undelivered: ((receiver: SocketReceiver) => void)[] = [];
  #isOpen = true;
  /** Time at which the latest message arrives. No later one may overtake it. */
  arrival = 0;

  constructor(connection: SocketConnection) {
    this.#connection = connection;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  attach(receiver: SocketReceiver): void {
    this.#receiver = receiver;
    receiver.host.connections.add((silently) => this.#connection.break(silently));
    for (const deliver of this.#undelivered.splice(0)) deliver(receiver);
  }

  get receiver(): SocketReceiver | null {
    return this.#receiver;
  }

  /** Calls `deliver` when a receiver is attached. */
  whenAttached(deliver: (receiver: SocketReceiver) => void): void {
    this.#undelivered.push(deliver);
  }

  /** @throws TypeError if the end is closed */
  send(text: string): void {
    if (!this.#isOpen) throw new TypeError("Can't call WebSocket send() after close().");
    this.#connection.send(this, shorten(text), (receiver) => receiver.onMessage(text));
  }

  close(code: number, reason: string): void {
    if (!this.markClosed()) return;
    this.#connection.close(this, code, reason);
  }

  /** Lets nothing more be sent. Returns true if the end was open until now. */
  markClosed(): boolean {
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    return wasOpen;
  }

  /** Breaks the connection: see `SocketConnection.break`. */
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
