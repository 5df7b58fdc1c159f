import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../simulation/random.ts";

/** What becomes of a connection, after some of its bytes. */
const FATES = [
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

type Fate = (typeof FATES)[number];

const BUSY = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
/** Of the connections that nothing befalls, for each of those that one kind of trouble befalls. */
const CLEAN = 4;
/** Bytes after which trouble comes, at most. */
const LATEST = 1_000_000;
/** Of a slow line, in ms for each chunk of 64 KiB or less. */
const SLOW_MS = 100;

/** A line to a server that is cut, falls silent, stutters and lies, until it is calm. */
export class CuttingProxy {
  readonly origin: string;
  /** How often each kind of trouble has come. */
  readonly #struck = new Map<Fate, number>();
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #random: Random;
  readonly #silenceMs: number;
  #isCalm = false;

  private constructor(server: Server, port: number, random: Random, silenceMs: number) {
    this.#server = server;
    this.origin = `http://127.0.0.1:${port}`;
    this.#random = random;
    this.#silenceMs = silenceMs;
  }

  /** @param to the server's origin */
  static async open(to: string, random: Random, silenceMs: number): Promise<CuttingProxy> {
    const server = createServer();
    await once(server.listen(0, "127.0.0.1"), "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("There is no port.");
    const proxy = new CuttingProxy(server, address.port, random, silenceMs);
    server.on("connection", (near) => proxy.#connect(near, new URL(to)));
    return proxy;
  }

  /** Has each kind of trouble come so often? */
  hasStruck(times: number): boolean {
    return FATES.every((fate) => fate === "clean" || (this.#struck.get(fate) ?? 0) >= times);
  }

  /** How often each kind of trouble has come, in words. */
  get account(): string {
    return Array.from(this.#struck, ([fate, times]) => `${fate} ${times}`).join(", ");
  }

  /** From now on nothing befalls a connection any more; a half-open one stays so. */
  calm(): void {
    this.#isCalm = true;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #connect(near: Socket, { hostname, port }: URL): void {
    this.#keep(near);
    const fates = [...FATES, ...Array.from({ length: CLEAN - 1 }, () => "clean" as const)];
    const fate = this.#random.pick(fates);
    if (fate === "busy" && !this.#isCalm) {
      near.once("data", () => near.end(BUSY));
      return this.#count(fate);
    }
    const far = this.#keep(connect(Number(port), hostname));
    const line = { near, far, fate, left: this.#random.skewed(0, LATEST) };
    void this.#carry(line, near, far);
    void this.#carry(line, far, near);
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    // A socket that breaks is what this is about: whoever is at the other end finds out.
    return socket.on("error", () => undefined).on("close", () => this.#sockets.delete(socket));
  }

  async #carry(line: Line, from: Socket, to: Socket): Promise<void> {
    try {
      for await (const chunk of from) {
        if (!Buffer.isBuffer(chunk)) continue;
        await this.#befall(line, to === line.near, chunk.length);
        // Whoever talks into a dead line is not told so.
        if (line.isDead === true) continue;
        if (to.destroyed) return;
        if (!to.write(chunk)) await once(to, "drain");
      }
      to.end();
    } catch {
      if (line.isDead !== true) to.destroy();
    }
  }

  /** What goes along a line brings its fate nearer; resolves when it may pass. */
  async #befall(line: Line, isAnswer: boolean, bytes: number): Promise<void> {
    const { fate } = line;
    if (this.#isCalm || fate === "clean") return;
    if (fate === "slow") await sleep(SLOW_MS);
    line.left -= bytes;
    if (line.left > 0 || (fate === "truncated" && !isAnswer)) return;
    this.#count(fate);
    // A slow line stays one; any other trouble comes once.
    if (fate === "slow") line.left = Infinity;
    else line.fate = "clean";
    await this.#strike(line, fate);
  }

  async #strike(line: Line, fate: Fate): Promise<void> {
    const { near, far } = line;
    if (fate === "silence") await sleep(this.#silenceMs);
    if (fate === "reset") near.resetAndDestroy();
    if (fate === "truncated") near.end();
    if (fate === "silence" || fate === "slow") return;
    // Of a half-open line the client's end stays as it is.
    line.isDead = true;
    far.resetAndDestroy();
  }

  #count(fate: Fate): void {
    this.#struck.set(fate, (this.#struck.get(fate) ?? 0) + 1);
  }
}

/** A connection of a client's, and the server's end of it. */
interface Line {
  near: Socket;
  far: Socket;
  fate: Fate;
  /** Bytes until its fate comes. */
  left: number;
  isDead?: boolean;
}
