import { once } from "node:events";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../simulation/random.ts";
import type { ConnectionHandler } from "../support/tcp-proxy.ts";

/** Kinds of faults. Each connection has one of them, after a random number of bytes. */
const FAULTS = [
  /** No fault. */
  "clean",
  /** Both ends are reset. */
  "reset",
  /** The server's end is reset; the client's stays open without any more bytes. */
  "half-open",
  /** No bytes are passed on for a while, in either direction. */
  "silence",
  /** A response ends in the middle, without an error. */
  "truncated",
  /** The proxy answers 503 in place of the server. */
  "busy",
  /** Each chunk is delayed. */
  "slow",
] as const;

type Fault = (typeof FAULTS)[number];

const BUSY = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
/** Connections without a fault, for each connection with one particular kind. */
const CLEAN_WEIGHT = 4;
/** The latest byte of a connection at which its fault occurs. */
const MAX_BYTES = 1_000_000;
/** Delay of each chunk (64 KiB at most) of a slow connection, in ms. */
const SLOW_MS = 100;

/** Injects random faults into the connections of a `TcpProxy`, until they are stopped. */
export class FaultInjector {
  readonly #injected = new Map<Fault, number>();
  readonly #random: Random;
  readonly #silenceMs: number;
  #isStopped = false;

  constructor(random: Random, silenceMs: number) {
    this.#random = random;
    this.#silenceMs = silenceMs;
  }

  /** True if each kind of fault was injected at least this often. */
  hasInjected(times: number): boolean {
    return FAULTS.every((fault) => fault === "clean" || (this.#injected.get(fault) ?? 0) >= times);
  }

  /** The number of faults of each kind, as text. */
  get counts(): string {
    return Array.from(this.#injected, ([fault, times]) => `${fault} ${times}`).join(", ");
  }

  /** Injects no more faults. A half-open connection stays half-open. */
  stop(): void {
    this.#isStopped = true;
  }

  readonly handle: ConnectionHandler = (client, connectToTarget) => {
    const faults = [...FAULTS, ...Array.from({ length: CLEAN_WEIGHT - 1 }, () => "clean" as const)];
    const fault = this.#random.pick(faults);
    if (fault === "busy" && !this.#isStopped) {
      client.once("data", () => client.end(BUSY));
      return this.#count(fault);
    }
    const server = connectToTarget();
    const connection = { client, server, fault, bytesLeft: this.#random.skewed(0, MAX_BYTES) };
    void this.#pass(connection, client, server);
    void this.#pass(connection, server, client);
  };

  async #pass(connection: Connection, from: Socket, to: Socket): Promise<void> {
    try {
      for await (const chunk of from) {
        if (!Buffer.isBuffer(chunk)) continue;
        await this.#apply(connection, to === connection.client, chunk.length);
        // The sender of a dead connection gets no error.
        if (connection.isDead === true) continue;
        if (to.destroyed) return;
        if (!to.write(chunk)) await once(to, "drain");
      }
      to.end();
    } catch {
      if (connection.isDead !== true) to.destroy();
    }
  }

  /** Injects the connection's fault once enough bytes have passed. Resolves when the chunk may pass. */
  async #apply(connection: Connection, isResponse: boolean, bytes: number): Promise<void> {
    const { fault } = connection;
    if (this.#isStopped || fault === "clean") return;
    if (fault === "slow") await sleep(SLOW_MS);
    connection.bytesLeft -= bytes;
    if (connection.bytesLeft > 0 || (fault === "truncated" && !isResponse)) return;
    this.#count(fault);
    // A slow connection stays slow; any other fault occurs once.
    if (fault === "slow") connection.bytesLeft = Infinity;
    else connection.fault = "clean";
    await this.#inject(connection, fault);
  }

  async #inject(connection: Connection, fault: Fault): Promise<void> {
    const { client, server } = connection;
    if (fault === "silence") await sleep(this.#silenceMs);
    if (fault === "reset") client.resetAndDestroy();
    if (fault === "truncated") client.end();
    if (fault === "silence" || fault === "slow") return;
    connection.isDead = true;
    server.resetAndDestroy();
  }

  #count(fault: Fault): void {
    this.#injected.set(fault, (this.#injected.get(fault) ?? 0) + 1);
  }
}

interface Connection {
  client: Socket;
  server: Socket;
  fault: Fault;
  /** Bytes until the fault occurs. */
  bytesLeft: number;
  /** True if no more bytes are passed on, in either direction. */
  isDead?: boolean;
}
