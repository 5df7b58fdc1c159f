import type { Limits } from "../../protocol/index.ts";
import type { Ledger } from "../ledger.ts";
import type { TokenBucket } from "./bandwidth.ts";
import type { PartName } from "./part-digests.ts";
import { LargeFile } from "./large-file.ts";
import { plan, type PartRequest, type PlannedRequest } from "./planner.ts";
import { Queue } from "./queue.ts";
import { isUntouched } from "../predicates.ts";

export interface RequestQueueOptions {
  ledger: Ledger;
  limits: Limits;
  /** Requests in flight at a time. */
  concurrency: number;
  bandwidth: TokenBucket;
  /** These parts come next, as far as can be told. */
  onUpcoming: (parts: readonly PartName[]) => void;
}

/** Turns files into requests: small ones into bundles, large ones into parts. */
export class RequestQueue {
  readonly #options: RequestQueueOptions;
  readonly #queue: Queue;
  readonly #largeFiles = new Map<number, LargeFile>();

  constructor(options: RequestQueueOptions) {
    this.#options = options;
    this.#queue = new Queue(options.concurrency);
  }

  /** What is known of a file that goes up in parts; undefined of any other. */
  largeFile(id: number): LargeFile | undefined {
    return this.#largeFiles.get(id);
  }

  /** Adds files behind all others. */
  add(files: readonly number[]): void {
    this.#queue.add(this.#planSmall(files));
    for (const id of files.filter((file) => this.#isLarge(file))) {
      this.#queue.enlist(this.#part(id));
    }
    this.#tellUpcoming();
  }

  /** Adds files before all others. What is there of a large one is asked first. */
  addFirst(files: readonly number[]): void {
    this.#queue.addFirst(this.#planSmall(files));
    for (const id of files.filter((file) => this.#isLarge(file))) {
      const file = this.#largeFiles.get(id) ?? this.#part(id);
      file.requestList();
      this.#queue.enlistFirst(file);
    }
  }

  /** The bandwidth has changed, and with it how much a bundle should hold. */
  replan(): void {
    const files = this.#queue.takeSmall().flatMap((request) => request.files);
    this.#queue.add(this.#planSmall(files));
  }

  /** The network was to blame for what failed. */
  resetAttempts(): void {
    for (const file of this.#largeFiles.values()) file.resetAttempts();
  }

  /** A part waits again, before all others of its file. */
  putBack({ files: [id], part }: PartRequest): void {
    const file = this.#largeFiles.get(id);
    file?.putBack(part);
    if (file) this.#queue.enlistFirst(file);
  }

  /**
   * A part is there.
   *
   * @param isLast does the server take it for the last one?
   */
  partStored(id: number, part: number, isLast: boolean): void {
    const file = this.#largeFiles.get(id);
    file?.partStored(part);
    // Parts that were there are there no more.
    if (file?.isSent === true && !isLast) this.addFirst([id]);
  }

  /** The server says which parts of a file are there, and whether anybody is at it. */
  partsListed(id: number, stored: readonly number[], isIdle: boolean): void {
    const file = this.#largeFiles.get(id);
    file?.partsListed(stored, isIdle);
    if (file) this.#queue.enlistFirst(file);
  }

  /** Takes the next request out; undefined where there is none. */
  next(): PlannedRequest | undefined {
    const request = this.#queue.next();
    this.#tellUpcoming();
    return request;
  }

  /** Of a large file nothing more is to be sent; a small one is left out when its bundle goes. */
  remove(id: number): void {
    const file = this.#largeFiles.get(id);
    if (file) this.#queue.remove(file);
    this.#largeFiles.delete(id);
  }

  clear(): void {
    this.#queue.clear();
    this.#largeFiles.clear();
  }

  #tellUpcoming(): void {
    this.#options.onUpcoming(this.#queue.upcoming());
  }

  #isLarge(id: number): boolean {
    return this.#options.ledger.size(id) > this.#options.limits.bundleBytes;
  }

  #planSmall(files: readonly number[]): readonly PlannedRequest[] {
    const { ledger, limits, concurrency, bandwidth } = this.#options;
    const small = files.filter((id) => !this.#isLarge(id));
    const waiting = small.map((id) => ({ id, size: ledger.size(id) }));
    // A second's worth at most: what is begun cannot be slowed down or paused.
    const bundleBytes = Math.min(
      limits.bundleBytes,
      bandwidth.bytesPerSecond ?? limits.bundleBytes,
    );
    return plan(waiting, { ...limits, bundleBytes }, concurrency);
  }

  #part(id: number): LargeFile {
    const { ledger } = this.#options;
    const known = isUntouched(ledger, id) ? null : ledger.receivedBytes(id);
    const file = new LargeFile(id, ledger.size(id), known);
    this.#largeFiles.set(id, file);
    return file;
  }
}
