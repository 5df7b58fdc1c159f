import { fileWeight, type Limits } from "../../protocol/index.ts";
import type { Ledger } from "../ledger.ts";
import type { TokenBucket } from "./bandwidth.ts";
import type { BodyLimit } from "./body-limit.ts";
import type { FlowControl } from "./flow-control.ts";
import {
  asRequest,
  type BundleLimits,
  firstBundle,
  type PlannedRequest,
  shareOf,
} from "./planner.ts";

export interface SmallFilesOptions {
  ledger: Ledger;
  limits: Limits;
  bandwidth: TokenBucket;
  bodyLimit: BodyLimit;
  flow: FlowControl;
}

/**
 * The small files that wait to be sent, in order. A bundle is made when its request starts, because only
 * then is it known how many bytes take about a second.
 */
export class SmallFiles {
  readonly #options: SmallFilesOptions;
  /** Files that were in one request before, and share one again. */
  readonly #groups: (readonly number[])[] = [];
  readonly #waiting = new Set<number>();
  /** Weight of the waiting files, without groups. */
  #weight = 0;

  constructor(options: SmallFilesOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#groups.length + this.#waiting.size === 0;
  }

  /** Adds files after all others. */
  add(files: readonly number[]): void {
    for (const id of files) {
      if (!this.#waiting.has(id)) this.#weight += this.#weightOf(id);
      this.#waiting.add(id);
    }
  }

  /** Adds files before all others. They share a request, unless it would be too large. */
  addFirst(files: readonly number[]): void {
    if (files.length > 0) this.#groups.unshift(files);
  }

  /** Removes a file that waits. One of a group stays in it, and is left out when that is sent. */
  remove(id: number): void {
    if (this.#waiting.delete(id)) this.#weight -= this.#weightOf(id);
  }

  clear(): void {
    this.#groups.length = 0;
    this.#waiting.clear();
    this.#weight = 0;
  }

  /** Removes and returns the next request; undefined if there is none, or no room for it in flight. */
  next(): PlannedRequest | undefined {
    const group = this.#groups[0];
    const files = this.#bundleOf(group ?? this.#waiting, group !== undefined);
    const { flow, ledger } = this.#options;
    const bytes = files.reduce((sum, id) => sum + ledger.size(id), 0);
    if (files.length === 0 || !flow.admits(bytes, files.length > 1)) return undefined;
    if (group === undefined) for (const id of files) this.remove(id);
    else this.#groups.splice(0, 1, ...restOf(group, files));
    return asRequest(files);
  }

  #bundleOf(ids: Iterable<number>, isGroup: boolean): readonly number[] {
    const limits = this.#limits(isGroup);
    return firstBundle(this.#sized(ids), limits).map(({ id }) => id);
  }

  *#sized(ids: Iterable<number>) {
    for (const id of ids) yield { id, size: this.#options.ledger.size(id) };
  }

  #limits(isGroup: boolean): BundleLimits {
    const { limits, bandwidth, bodyLimit, flow } = this.#options;
    // A second's worth at most: a request that has started can't be slowed down or paused.
    const rate = bandwidth.bytesPerSecond ?? limits.bundleBytes;
    const bytes = Math.min(limits.bundleBytes, rate);
    const hard = { files: limits.bundleFiles, bytes, bodyBytes: bodyLimit.bytes };
    if (isGroup) return { ...hard, weight: Infinity };
    const weight = shareOf(flow.bundleWeight, this.#weight, flow.limit);
    return { ...hard, bytes: Math.min(bytes, flow.bundleBytes), weight };
  }

  #weightOf(id: number): number {
    return fileWeight(this.#options.ledger.size(id));
  }
}

/** Returns what is left of a group without its first files: no group, or one. */
function restOf(group: readonly number[], first: readonly number[]): (readonly number[])[] {
  return group.length > first.length ? [group.slice(first.length)] : [];
}
