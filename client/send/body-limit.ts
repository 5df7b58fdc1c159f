import { KIB, MIB } from "../../protocol/index.ts";

/** Limits that systems in between are set to, in bytes. */
const COMMON_LIMITS: readonly number[] = [
  ...[64, 32, 16, 10, 8, 4, 2, 1].map((count) => count * MIB),
  ...[512, 256, 128, 64].map((count) => count * KIB),
];

/** The lowest limit in use: a shorter body that is refused has another reason. */
const LEAST_LIMIT = 64 * KIB;

/** The lowest default, nginx's: a shorter body that breaks has another reason. */
const LEAST_BREAKING = MIB;

/**
 * A longer body that arrived less than this long before shows that a refusal isn't for the length, in
 * ms. A limit may also have been lowered since: the device may be in another network.
 */
const RECENT_MS = 10_000;

/** Files that must have been refused for their length before others fail without being sent. */
const CONFIRMING_FILES = 2;

/**
 * The longest body that the network lets through: 1 MiB by nginx's default, for instance. It is learned
 * from the bodies that arrived and those that a system in between refused, and is valid for as long as
 * the page is open.
 */
export class BodyLimit {
  readonly #onChange: (bytes: number | null) => void;
  #accepted = { bytes: 0, at: 0 };
  #refused = Number.POSITIVE_INFINITY;
  #refusedFiles = 0;
  #broken = Number.POSITIVE_INFINITY;

  /** @param onChange called with the bytes of the longest body to send, and null if none was refused */
  constructor(onChange: (bytes: number | null) => void = () => undefined) {
    this.#onChange = onChange;
  }

  /** Bytes of the longest body to send; infinite if none was refused. */
  get bytes(): number {
    const shortest = Math.min(this.#refused, this.#broken);
    if (shortest === Number.POSITIVE_INFINITY) return shortest;
    return Math.max(this.#accepted.bytes, nextLower(shortest));
  }

  /** True if the network has refused a body of this length, or a shorter one, for its length. */
  refuses(bytes: number): boolean {
    return bytes >= this.#refused;
  }

  /**
   * True if a file of this length needn't be sent. A single file may have been refused for its content,
   * by a firewall that responds as if it was too long.
   */
  isHopeless(bytes: number): boolean {
    return this.#refusedFiles >= CONFIRMING_FILES && this.refuses(bytes);
  }

  /** Records that a body has arrived at the server. One that is longer than the limit ends it. */
  accept(bytes: number): void {
    if (bytes >= this.#accepted.bytes) this.#accepted = { bytes, at: performance.now() };
    if (this.refuses(bytes)) [this.#refused, this.#refusedFiles] = [Number.POSITIVE_INFINITY, 0];
    if (bytes >= this.#broken) this.#broken = Number.POSITIVE_INFINITY;
    this.#report();
  }

  /**
   * Records that a system in between has called a body too long. Returns false if that isn't true: no
   * network has such a low limit, or a longer body has just arrived.
   */
  refuse(bytes: number): boolean {
    if (bytes < LEAST_LIMIT) return false;
    const isShorter = bytes <= this.#accepted.bytes;
    if (isShorter && performance.now() - this.#accepted.at < RECENT_MS) return false;
    if (isShorter) this.#accepted = { bytes: 0, at: 0 };
    this.#refused = Math.min(this.#refused, bytes);
    this.#report();
    return true;
  }

  /** Records that a file has failed because its body was refused for its length. */
  countRefusedFile(): void {
    this.#refusedFiles++;
  }

  /**
   * Records that a body got no response, several times, and that all of its files have arrived in
   * shorter ones. Its length may be the reason: a page of another origin can't read that it was refused.
   * Files of that length are still sent.
   */
  suspect(bytes: number): void {
    if (bytes <= LEAST_BREAKING || bytes <= this.#accepted.bytes) return;
    this.#broken = Math.min(this.#broken, bytes);
    this.#report();
  }

  #report(): void {
    this.#onChange(Number.isFinite(this.bytes) ? this.bytes : null);
  }
}

function nextLower(bytes: number): number {
  return COMMON_LIMITS.find((limit) => limit < bytes) ?? Math.floor(bytes / 2);
}
