import type { PartName } from "./part-digests.ts";
import type { LargeFile } from "./large-file.ts";
import type { PlannedRequest } from "./planner.ts";

/**
 * What is to be sent next. Small files and large ones take turns, so that neither wait for the
 * others; of the large files a few share their turns part by part, and the next one follows when one
 * of them is through: all at once would all be done only at the end.
 */
export class Queue {
  readonly #shares: number;
  #small: PlannedRequest[] = [];
  /** Large files whose turns it is, the next one first. */
  #sharing: LargeFile[] = [];
  /** Large files that follow, in order. */
  readonly #following = new Set<LargeFile>();
  #isLargeNext = false;

  /** @param shares how many large files share their turns */
  constructor(shares: number) {
    this.#shares = shares;
  }

  /** Adds requests for small files behind all others. */
  add(requests: readonly PlannedRequest[]): void {
    this.#small = [...this.#small, ...requests];
  }

  /** Adds requests for small files before all others. */
  addFirst(requests: readonly PlannedRequest[]): void {
    this.#small = [...requests, ...this.#small];
  }

  /** Takes out all requests for small files. */
  takeSmall(): readonly PlannedRequest[] {
    const small = this.#small;
    this.#small = [];
    return small;
  }

  /** Has a large file follow the others, and then take its turns while it has something to send. */
  enlist(file: LargeFile): void {
    if (!this.#sharing.includes(file)) this.#following.add(file);
  }

  /** Has a large file that was at it before take its turns again. */
  enlistFirst(file: LargeFile): void {
    if (!this.#sharing.includes(file)) this.#sharing.push(file);
    this.#following.delete(file);
  }

  /** Takes the next request out; undefined where there is none. */
  next(): PlannedRequest | undefined {
    const isLarge = this.#isLargeNext;
    this.#isLargeNext = !isLarge;
    if (isLarge) return this.#nextPart() ?? this.#small.shift();
    return this.#small.shift() ?? this.#nextPart();
  }

  /** The parts that come next, which stay where they are. */
  upcoming(): readonly PartName[] {
    const files = [...this.#sharing, ...this.#following].slice(0, this.#shares);
    return files.flatMap((file) => file.upcoming());
  }

  /** Takes a large file out. */
  remove(file: LargeFile): void {
    this.#sharing = this.#sharing.filter((other) => other !== file);
    this.#following.delete(file);
  }

  clear(): void {
    this.#small = [];
    this.#sharing = [];
    this.#following.clear();
  }

  #nextPart(): PlannedRequest | undefined {
    for (let file = this.#nextFile(); file !== undefined; file = this.#nextFile()) {
      const request = file.next();
      if (file.hasNext) this.#sharing.push(file);
      if (request !== undefined) return request;
    }
    return undefined;
  }

  #nextFile(): LargeFile | undefined {
    for (const file of this.#following) {
      if (this.#sharing.length >= this.#shares) break;
      this.#following.delete(file);
      this.#sharing.push(file);
    }
    return this.#sharing.shift();
  }
}
