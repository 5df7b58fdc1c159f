import type { Limits } from "../../protocol/index.ts";
import type { Ledger } from "../ledger.ts";
import type { TokenBucket } from "./bandwidth.ts";
import type { BodyLimit } from "./body-limit.ts";
import { LargeFile } from "./large-file.ts";
import type { PartName } from "./part-digests.ts";
import { asRequest, FRAMING_BYTES, plan, type PlannedRequest } from "./planner.ts";

export interface RequestQueueOptions {
  ledger: Ledger;
  limits: Limits;
  /** Requests in flight at a time. */
  concurrency: number;
  bandwidth: TokenBucket;
  bodyLimit: BodyLimit;
  /** Called with the parts that are expected to be sent next. */
  onUpcoming: (parts: readonly PartName[]) => void;
}

/**
 * The requests to be sent, in order: small files in bundles, large files in parts.
 *
 * Small and large files take turns, so that neither waits for all of the other. As many large files
 * as there are connections share their turns part by part, and the next one joins when one of them
 * has no more parts: if all shared, all would be done only at the end.
 */
export class RequestQueue {
  readonly #options: RequestQueueOptions;
  readonly #largeFiles = new Map<number, LargeFile>();
  /** Requests for small files that are sent as they are, before all others. */
  readonly #repeats: PlannedRequest[] = [];
  #small: PlannedRequest[] = [];
  /** Large files that take turns, the next one first. */
  #active: LargeFile[] = [];
  /** Large files that join later, in order. */
  readonly #waiting = new Set<LargeFile>();
  #isLargeNext = false;

  constructor(options: RequestQueueOptions) {
    this.#options = options;
    // A bundle should hold no more than the bandwidth limit lets through in a second.
    options.bandwidth.onChange(() => this.#replan());
  }

  /** Returns the state of a large file; undefined for any other. */
  largeFile(id: number): LargeFile | undefined {
    return this.#largeFiles.get(id);
  }

  /** Adds files after all others. */
  add(files: readonly number[]): void {
    this.#small = [...this.#small, ...this.#planSmall(files)];
    for (const id of files.filter((file) => this.#isLarge(file))) {
      this.#enlist(this.#addLarge(id));
    }
    this.#announceUpcoming();
  }

  /** Adds files before all others. A large one starts with the list of its stored parts. */
  addFirst(files: readonly number[]): void {
    this.#small = [...this.#planSmall(files), ...this.#small];
    for (const id of files.filter((file) => this.#isLarge(file))) {
      const file = this.#largeFiles.get(id) ?? this.#addLarge(id);
      file.requestList();
      this.#enlistFirst(file);
    }
  }

  /** Puts a request back before all others, or a part before all others of its file. */
  putBack(request: PlannedRequest): void {
    if (request.kind === "listParts") return this.addFirst(request.files);
    if (request.kind !== "part") return void this.#repeats.unshift(request);
    const file = this.#largeFiles.get(request.files[0]);
    file?.putBack(request);
    if (file) this.#enlistFirst(file);
  }

  /** Puts small files back before all others, as `count` requests that are sent as they are. */
  split(files: readonly number[], count: number): void {
    const share = Math.ceil(files.length / count);
    for (let start = 0; start < files.length; start += share) {
      this.#repeats.push(asRequest(files.slice(start, start + share)));
    }
  }

  /**
   * Records that the server has stored a part.
   *
   * @param isLast true if the server considers all parts stored
   */
  partStored(id: number, part: number, isLast: boolean): void {
    const file = this.#largeFiles.get(id);
    file?.partStored(part);
    // Every part was sent, but the server has lost some.
    if (file?.isSent === true && !isLast) this.addFirst([id]);
  }

  /** Records the server's list of stored parts. @param isIdle true if it isn't completing the file */
  partsListed(id: number, stored: readonly number[], isIdle: boolean): void {
    const file = this.#largeFiles.get(id);
    file?.partsListed(stored, isIdle);
    if (file) this.#enlistFirst(file);
  }

  /** Removes and returns the next request; undefined if there is none. */
  next(): PlannedRequest | undefined {
    const repeat = this.#repeats.shift();
    if (repeat) return repeat;
    const isLarge = this.#isLargeNext;
    this.#isLargeNext = !isLarge;
    const request = isLarge
      ? (this.#nextPart() ?? this.#small.shift())
      : (this.#small.shift() ?? this.#nextPart());
    this.#announceUpcoming();
    return request;
  }

  /** Removes a large file. A small one stays in its request, and is left out when that is sent. */
  remove(id: number): void {
    const file = this.#largeFiles.get(id);
    if (file === undefined) return;
    this.#active = this.#active.filter((other) => other !== file);
    this.#waiting.delete(file);
    this.#largeFiles.delete(id);
  }

  clear(): void {
    this.#repeats.length = 0;
    this.#small = [];
    this.#active = [];
    this.#waiting.clear();
    this.#largeFiles.clear();
  }

  #replan(): void {
    this.#small = [...this.#planSmall(this.#small.flatMap(({ files }) => files))];
  }

  #isLarge(id: number): boolean {
    return this.#options.ledger.size(id) > this.#options.limits.bundleBytes;
  }

  #planSmall(files: readonly number[]): readonly PlannedRequest[] {
    const { ledger, limits, concurrency, bandwidth, bodyLimit } = this.#options;
    const small = files.filter((id) => !this.#isLarge(id));
    const waiting = small.map((id) => ({ id, size: ledger.size(id) }));
    // A second's worth at most: a request that has started can't be slowed down or paused.
    const rate = bandwidth.bytesPerSecond ?? limits.bundleBytes;
    const bodyBytes = bodyLimit.bytes - limits.bundleFiles * FRAMING_BYTES;
    const bundleBytes = Math.min(limits.bundleBytes, rate, bodyBytes);
    return plan(waiting, { ...limits, bundleBytes }, concurrency);
  }

  #addLarge(id: number): LargeFile {
    const { ledger } = this.#options;
    const storedBytes = ledger.isUntouched(id) ? null : ledger.receivedBytes(id);
    const file = new LargeFile(id, ledger.size(id), storedBytes);
    this.#largeFiles.set(id, file);
    return file;
  }

  /** Lets a large file take turns after those that already do. */
  #enlist(file: LargeFile): void {
    if (!this.#active.includes(file)) this.#waiting.add(file);
  }

  /** Lets a large file that took turns before do so again. */
  #enlistFirst(file: LargeFile): void {
    if (!this.#active.includes(file)) this.#active.push(file);
    this.#waiting.delete(file);
  }

  #nextPart(): PlannedRequest | undefined {
    for (let file = this.#nextFile(); file !== undefined; file = this.#nextFile()) {
      const request = file.next();
      if (file.hasNext) this.#active.push(file);
      if (request !== undefined) return request;
    }
    return undefined;
  }

  #nextFile(): LargeFile | undefined {
    for (const file of this.#waiting) {
      if (this.#active.length >= this.#options.concurrency) break;
      this.#waiting.delete(file);
      this.#active.push(file);
    }
    return this.#active.shift();
  }

  #announceUpcoming(): void {
    const files = [...this.#active, ...this.#waiting].slice(0, this.#options.concurrency);
    this.#options.onUpcoming(files.flatMap((file) => file.upcoming()));
  }
}
