import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../simulation/random.ts";

/** What becomes of a connection, after some of its bytes. */
const FAULTS = [
  "clean",
  /** Both ends are told at once that it is gone. */
  "reset",
  /** The server is told, the client never. */
  "half-open",
  /** Nothing moves for a while, in neither direction. */
  "silence",
  /** An answer ends in the middle, as if that were its end. */
  "truncated",
  /** Somebody on the way answers that the server is busy. */
  "busy",
  /** Every byte takes its time. */
  "slow",
] as const;

type Fault = (typeof FAULTS)[number];

const BUSY = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
/** Of the connections that nothing befalls, for each of those that one kind of trouble befalls. */
const CLEAN_WEIGHT = 4;
/** Bytes after which trouble comes, at most. */
const MAX_BYTES = 1_000_000;
/** Of a slow connection, in ms for each chunk of 64 KiB or less. */
const SLOW_MS = 100;

/** A connection to a server that is cut, falls silent, stutters and lies, until it is calm. */
export class FaultyProxy {
  readonly origin: string;
  /** How often each kind of trouble has come. */
  readonly #injected = new Map<Fault, number>();
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #random: Random;
  readonly #silenceMs: number;
  #isFaultless = false;

  private constructor(server: Server, port: number, random: Random, silenceMs: number) {
    this.#server = server;
    this.origin = `http://127.0.0.1:${port}`;
    this.#random = random;
    this.#silenceMs = silenceMs;
  }

  /** @param to the server's origin */
  static async open(to: string, random: Random, silenceMs: number): Promise<FaultyProxy> {
    const server = createServer();
    await once(server.listen(0, "127.0.0.1"), "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("There is no port.");
    const proxy = new FaultyProxy(server, address.port, random, silenceMs);
    server.on("connection", (client) => proxy.#connect(client, new URL(to)));
    return proxy;
  }

  /** Has each kind of trouble come so often? */
  hasInjected(times: number): boolean {
    return FAULTS.every((fault) => fault === "clean" || (this.#injected.get(fault) ?? 0) >= times);
  }

  /** How often each kind of trouble has come, in words. */
  get counts(): string {
    return Array.from(this.#injected, ([fault, times]) => `${fault} ${times}`).join(", ");
  }

  /** From now on nothing befalls a connection any more; a half-open one stays so. */
  stopFaults(): void {
    this.#isFaultless = true;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #connect(client: Socket, { hostname, port }: URL): void {
    this.#track(client);
    const faults = [...FAULTS, ...Array.from({ length: CLEAN_WEIGHT - 1 }, () => "clean" as const)];
    const fault = this.#random.pick(faults);
    if (fault === "busy" && !this.#isFaultless) {
      client.once("data", () => client.end(BUSY));
      return this.#count(fault);
    }
    const server = this.#track(connect(Number(port), hostname));
    const connection = { client, server, fault, left: this.#random.skewed(0, MAX_BYTES) };
    void this.#carry(connection, client, server);
    void this.#carry(connection, server, client);
  }

  #track(socket: Socket): Socket {
    this.#sockets.add(socket);
    // A socket that breaks is what this is about: whoever is at the other end finds out.
    return socket.on("error", () => undefined).on("close", () => this.#sockets.delete(socket));
  }

  async #carry(connection: Connection, from: Socket, to: Socket): Promise<void> {
    try {
      for await (const chunk of from) {
        if (!Buffer.isBuffer(chunk)) continue;
        await this.#apply(connection, to === connection.client, chunk.length);
        // Whoever talks into a dead connection is not told so.
        if (connection.isDead === true) continue;
        if (to.destroyed) return;
        if (!to.write(chunk)) await once(to, "drain");
      }
      to.end();
    } catch {
      if (connection.isDead !== true) to.destroy();
    }
  }

  /** What goes along a connection brings its fault nearer; resolves when it may pass. */
  async #apply(connection: Connection, isAnswer: boolean, bytes: number): Promise<void> {
    const { fault } = connection;
    if (this.#isFaultless || fault === "clean") return;
    if (fault === "slow") await sleep(SLOW_MS);
    connection.left -= bytes;
    if (connection.left > 0 || (fault === "truncated" && !isAnswer)) return;
    this.#count(fault);
    // A slow connection stays one; any other trouble comes once.
    if (fault === "slow") connection.left = Infinity;
    else connection.fault = "clean";
    await this.#inject(connection, fault);
  }

  async #inject(connection: Connection, fault: Fault): Promise<void> {
    const { client, server } = connection;
    if (fault === "silence") await sleep(this.#silenceMs);
    if (fault === "reset") client.resetAndDestroy();
    if (fault === "truncated") client.end();
    if (fault === "silence" || fault === "slow") return;
    // Of a half-open connection the client's end stays as it is.
    connection.isDead = true;
    server.resetAndDestroy();
  }

  #count(fault: Fault): void {
    this.#injected.set(fault, (this.#injected.get(fault) ?? 0) + 1);
  }
}

/** A connection of a client's, and the server's end of it. */
interface Connection {
  client: Socket;
  server: Socket;
  fault: Fault;
  /** Bytes until its fault comes. */
  left: number;
  isDead?: boolean;
}
