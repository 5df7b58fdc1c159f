import { partLayout } from "../../protocol/index.ts";
import { storedFile, type Received, type Scripted } from "./scripted-server.ts";

/** What a server keeps of files that go up in parts. */
export class PartsShelf {
  /** The parts that are there, of each file. */
  readonly stored = new Map<number, Set<number>>();
  readonly #sizes: readonly number[];

  /** @param sizes of the batch's files, by id */
  constructor(sizes: readonly number[]) {
    this.#sizes = sizes;
  }

  /** Takes in a part, or tells which are there; null where the request is another. */
  answer({ call, files: [id = 0] }: Received): Scripted | null {
    const part = partOf(call);
    if (part !== null) this.#partsOf(id).add(part);
    return part !== null || isSurvey(call) ? { body: this.#file(id) } : null;
  }

  #partsOf(id: number): Set<number> {
    const parts = this.stored.get(id) ?? new Set();
    this.stored.set(id, parts);
    return parts;
  }

  #file(id: number) {
    const { partBytes, count } = partLayout(this.#sizes[id] ?? 0);
    const received = [...this.#partsOf(id)].toSorted((a, b) => a - b);
    const parts = { partBytes, count, received };
    if (received.length === count) return { ...storedFile(id), parts };
    return { ...storedFile(id), state: "uploading", progress: 20, parts };
  }
}

/** The number of the part that a request brings, or null. */
export function partOf(call: string): number | null {
  const number = /^PUT .*\/parts\/(\d+)$/u.exec(call)?.[1];
  return number === undefined ? null : Number(number);
}

export function isSurvey(call: string): boolean {
  return /^GET .*\/files\/\d+$/u.test(call);
}
