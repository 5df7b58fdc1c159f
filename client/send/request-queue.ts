import { partSize } from "../../protocol/index.ts";
import { LargeFile } from "./large-file.ts";
import type { PartName } from "./part-digests.ts";
import { asRequest, bytesOf, type PlannedRequest } from "./planner.ts";
import type { Strikes } from "./strikes.ts";
import { SmallFiles, type SmallFilesOptions } from "./small-files.ts";
import { Split } from "./split.ts";

export interface RequestQueueOptions extends SmallFilesOptions {
  /** Called with the parts that are expected to be sent next. */
  onUpcoming: (parts: readonly PartName[]) => void;
}

/** Most large files that take turns. */
const LARGE_FILES = 4;

/**
 * The requests to be sent, in order: small files in bundles, large files in parts.
 *
 * Small and large files take turns, so that neither waits for all of the other. A few large files share
 * their turns part by part, and the next one joins when one of them has no more parts: if all shared, all
 * would be done only at the end.
 */
export class RequestQueue {
  readonly #options: RequestQueueOptions;
  readonly #largeFiles = new Map<number, LargeFile>();
  /** Requests for small files that are sent as they are, before all others. */
  readonly #repeats: PlannedRequest[] = [];
  readonly #small: SmallFiles;
  /** Large files that take turns, the next one first. */
  #active: LargeFile[] = [];
  /** Large files that join later, in order. */
  readonly #waiting = new Set<LargeFile>();
  #isLargeNext = false;

  constructor(options: RequestQueueOptions) {
    this.#options = options;
    this.#small = new SmallFiles(options);
  }

  /** Returns the state of a large file; undefined for any other. */
  largeFile(id: number): LargeFile | undefined {
    return this.#largeFiles.get(id);
  }

  /** Adds files after all others. */
  add(files: readonly number[]): void {
    this.#small.add(files.filter((file) => !this.#isLarge(file)));
    for (const id of files.filter((file) => this.#isLarge(file))) {
      this.#enlist(this.#addLarge(id));
    }
    this.#announceUpcoming();
  }

  /** Adds files before all others. A large one starts with the list of its stored parts. */
  addFirst(files: readonly number[]): void {
    this.#small.addFirst(files.filter((file) => !this.#isLarge(file)));
    for (const id of files.filter((file) => this.#isLarge(file))) {
      const file = this.#largeFiles.get(id) ?? this.#addLarge(id);
      file.requestList();
      this.#enlistFirst(file);
    }
  }

  /** Puts a request back before all others, or a part before all others of its file. */
  putBack(request: PlannedRequest): void {
    if (request.kind !== "part" && request.kind !== "listParts")
      return void this.#repeats.unshift(request);
    const file = this.#largeFiles.get(request.files[0]);
    if (request.kind === "part") file?.putBack(request);
    else file?.requestList(request.strikes);
    if (file) this.#enlistFirst(file);
  }

  /**
   * Puts small files back before all others, as `count` requests that are sent as they are.
   *
   * @param strikes of each of these
   * @param onArrived called if all of these have arrived
   */
  split(
    files: readonly number[],
    count: number,
    strikes?: Strikes,
    onArrived = (): void => undefined,
  ): void {
    const share = Math.ceil(files.length / count);
    const split = new Split(Math.ceil(files.length / share), onArrived);
    for (let start = 0; start < files.length; start += share) {
      this.#repeats.push({ ...asRequest(files.slice(start, start + share)), split, strikes });
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

  /** Removes and returns the next request; undefined if there is none, or no room for it in flight. */
  next(): PlannedRequest | undefined {
    const [repeat] = this.#repeats;
    if (repeat) return this.#admits(repeat) ? this.#repeats.shift() : undefined;
    const file = this.#nextFile();
    const isLarge = file !== undefined && (this.#isLargeNext || this.#small.isEmpty);
    const request = isLarge ? this.#nextPart(file) : this.#small.next();
    // A request without room waits for it: smaller ones would take it again and again.
    if (request === undefined) return undefined;
    this.#isLargeNext = !isLarge;
    this.#announceUpcoming();
    return request;
  }

  /** Removes a file. One that was put back stays in its request, and is left out when that is sent. */
  remove(id: number): void {
    this.#small.remove(id);
    const file = this.#largeFiles.get(id);
    if (file === undefined) return;
    this.#active = this.#active.filter((other) => other !== file);
    this.#waiting.delete(file);
    this.#largeFiles.delete(id);
  }

  clear(): void {
    this.#repeats.length = 0;
    this.#small.clear();
    this.#active = [];
    this.#waiting.clear();
    this.#largeFiles.clear();
  }

  #isLarge(id: number): boolean {
    return this.#options.ledger.size(id) > this.#options.limits.bundleBytes;
  }

  #admits(request: PlannedRequest): boolean {
    const { flow, ledger } = this.#options;
    return flow.admits(
      bytesOf(request, (id) => ledger.size(id)),
      request.kind === "bundle",
    );
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

  #nextPart(file: LargeFile): PlannedRequest | undefined {
    const { flow, ledger } = this.#options;
    if (!flow.admits(partSize(ledger.size(file.id), 1), false)) return undefined;
    this.#active.shift();
    const request = file.next();
    if (file.hasNext) this.#active.push(file);
    return request;
  }

  /** Returns the large file whose turn it is, which keeps it; undefined if none has a next request. */
  #nextFile(): LargeFile | undefined {
    this.#active = this.#active.filter((file) => file.hasNext);
    for (const file of this.#waiting) {
      if (this.#active.length >= this.#turns) break;
      this.#waiting.delete(file);
      this.#active.push(file);
    }
    return this.#active[0];
  }

  /** Large files that take turns. */
  get #turns(): number {
    return Math.min(LARGE_FILES, this.#options.flow.limit);
  }

  #announceUpcoming(): void {
    const files = [...this.#active, ...first(this.#waiting, this.#turns)].slice(0, this.#turns);
    this.#options.onUpcoming(files.flatMap((file) => file.upcoming()));
  }
}

/** Returns the first few of many. */
function first<Item>(items: Iterable<Item>, count: number): Item[] {
  const taken: Item[] = [];
  for (const item of items) {
    if (taken.length === count) break;
    taken.push(item);
  }
  return taken;
}
