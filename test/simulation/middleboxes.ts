import { LIMITS } from "../../protocol/index.ts";
import type { ClientProblem } from "../../client/index.ts";
import type { Files } from "./actors/files.ts";
import {
  bodyLimit,
  buffer,
  firewall,
  type Middlebox,
  refuseAll,
  type Verdict,
} from "./network/middlebox.ts";
import type { Host } from "./time/host.ts";
import type { World } from "./world.ts";

/** Pages in the server's place, and broken connections. */
const REFUSALS: readonly Verdict[] = [
  { kind: "respond", status: 403, headers: { "cf-mitigated": "challenge" } },
  { kind: "respond", status: 200 },
  { kind: "respond", status: 403 },
  { kind: "respond", status: 429, headers: { "Retry-After": "30" } },
  { kind: "respond", status: 502 },
  { kind: "reset" },
];

/** Longest time for which a middlebox stays, in ms. */
const MAX_MS = 600_000;
/** Rates of slow lines. The Worker gives up bodies that are slower still. */
const BYTES_PER_SECOND = [1000, 5000, 100_000];
/** Bytes by which a firewall knows a file: too many to be equal in two files by chance. */
const SIGNATURE_BYTES = 16;

type Kind = "refuseAll" | "bodyLimit" | "firewall" | "buffer";

/** Puts systems between pages and the edge, and knows what they may refuse. */
export class Middleboxes {
  readonly #world: World;
  readonly #files: Files;
  /** Names of the files that a firewall was set against. */
  readonly #refused = new Set<string>();
  /** The lowest limit of a body so far, in bytes. */
  #lowestLimit = Infinity;

  constructor(world: World, files: Files) {
    this.#world = world;
    this.#files = files;
  }

  /** Puts a random middlebox in front of a page, for a while. */
  put(page: Host): void {
    const { random, scheduler, trace } = this.#world;
    const middlebox = this.#make();
    if (page.middlebox || !middlebox) return;
    trace.add(`${page.name} is behind ${middlebox.name}`);
    page.middlebox = middlebox;
    scheduler.after(random.skewed(1000, MAX_MS), page, "has another network", () => {
      page.middlebox = null;
    });
  }

  /** Returns why a file may not have failed with this code on a page; null if it may. */
  problemOf(name: string, size: number, code: ClientProblem["code"] | null): string | null {
    const isWithinLimits = Math.min(size, LIMITS.partBytes) <= this.#lowestLimit;
    // A client that has sent larger bodies before takes a new limit for a firewall's refusal.
    const mayBeRefused = this.#refused.has(name) || !isWithinLimits;
    if (code === "refused_in_between" && this.#world.faults.isCalm && !mayBeRefused)
      return `file ${name} failed, which no firewall has refused`;
    if (code === "network_limit" && isWithinLimits)
      return `file ${name} failed, which is within every limit of the network`;
    return null;
  }

  #make(): Middlebox | null {
    const { random, scheduler } = this.#world;
    const kinds: readonly Kind[] = ["refuseAll", "bodyLimit", "firewall", "firewall", "buffer"];
    switch (random.pick(kinds)) {
      case "refuseAll":
        return refuseAll("a foreign network", random.pick(REFUSALS));
      case "bodyLimit":
        return this.#limit(random.whole(500, LIMITS.partBytes));
      case "firewall":
        return this.#firewall();
      case "buffer":
        return buffer(random.pick(BYTES_PER_SECOND), () => scheduler.now);
    }
  }

  #limit(bytes: number): Middlebox {
    this.#lowestLimit = Math.min(this.#lowestLimit, bytes);
    return bodyLimit(bytes);
  }

  /** A firewall against one of the files; null if there is none. */
  #firewall(): Middlebox | null {
    const { random } = this.#world;
    const known = [...this.#files.contents].filter(([, { length }]) => length >= SIGNATURE_BYTES);
    if (known.length === 0) return null;
    const [name, content] = random.pick(known);
    this.#refused.add(name);
    const start = random.whole(0, content.length - SIGNATURE_BYTES);
    const signature = content.subarray(start, start + SIGNATURE_BYTES);
    return firewall(signature, random.pick(REFUSALS));
  }
}
