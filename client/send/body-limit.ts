import { MIB } from "../../protocol/index.ts";

const KIB = 1024;
/** Limits that systems in between are set to, in bytes. */
const COMMON_LIMITS: readonly number[] = [
  ...[64, 32, 16, 10, 8, 4, 2, 1].map((count) => count * MIB),
  ...[512, 256, 128, 64].map((count) => count * KIB),
];

/** The lowest limit in use, nginx's default: a shorter body that breaks has another reason. */
const LEAST_LIMIT = MIB;

/**
 * The longest body that the network lets through: 1 MiB by nginx's default, for instance. It is learned
 * from the bodies that arrived and those that a system in between refused, and is valid for as long as
 * the page is open.
 */
export class BodyLimit {
  #accepted = 0;
  #refused = Number.POSITIVE_INFINITY;
  #broken = Number.POSITIVE_INFINITY;

  /** Bytes of the longest body to send; infinite if none was refused. */
  get bytes(): number {
    const shortest = Math.min(this.#refused, this.#broken);
    if (shortest === Number.POSITIVE_INFINITY) return shortest;
    return Math.max(this.#accepted, nextLower(shortest));
  }

  /** True if the network has refused a body of this length, or a shorter one. */
  refuses(bytes: number): boolean {
    return bytes >= this.#refused;
  }

  /** Records that a body has arrived at the server. One that is longer than the limit ends it. */
  accept(bytes: number): void {
    this.#accepted = Math.max(this.#accepted, bytes);
    if (this.refuses(bytes)) this.#refused = Number.POSITIVE_INFINITY;
    if (bytes >= this.#broken) this.#broken = Number.POSITIVE_INFINITY;
  }

  /** Records that a system in between has refused a body for its length. */
  refuse(bytes: number): void {
    this.#refused = Math.min(this.#refused, bytes);
    // The limit is lower than it was: the device may be in another network.
    if (this.refuses(this.#accepted)) this.#accepted = 0;
  }

  /**
   * Records that a body got no response, several times, and that all of its files have arrived in
   * shorter ones. Its length may be the reason: a page of another origin can't read that it was refused.
   * Files of that length are still sent.
   */
  suspect(bytes: number): void {
    if (bytes > LEAST_LIMIT && bytes > this.#accepted) this.#broken = Math.min(this.#broken, bytes);
  }
}

function nextLower(bytes: number): number {
  return COMMON_LIMITS.find((limit) => limit < bytes) ?? Math.floor(bytes / 2);
}
