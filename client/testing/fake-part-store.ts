import { partLayout } from "../../protocol/index.ts";
import { storedFile, type ReceivedRequest, type ScriptedResponse } from "./scripted-server.ts";

/** Time at which unfinished files start over. */
export const MULTIPART_EXPIRY = "2026-12-20T12:00:00.000Z";

/** A server's store of large files' parts. */
export class FakePartStore {
  /** Stored parts, by file id. */
  readonly stored = new Map<number, Set<number>>();
  readonly #sizes: readonly number[];

  /** @param sizes of the batch's files, by id */
  constructor(sizes: readonly number[]) {
    this.#sizes = sizes;
  }

  /** Stores a part, or lists the stored ones. Returns null for any other request. */
  respond({ call, files: [id = 0] }: ReceivedRequest): ScriptedResponse | null {
    const part = partOf(call);
    if (part !== null) this.#partsOf(id).add(part);
    return part !== null || isListRequest(call) ? { body: this.#file(id) } : null;
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
    const multipartExpiresAt = MULTIPART_EXPIRY;
    return { ...storedFile(id), state: "uploading", progress: 20, parts, multipartExpiresAt };
  }
}

/** Returns the number of the part that a request carries, or null. */
export function partOf(call: string): number | null {
  const number = /^PUT .*\/parts\/(\d+)$/u.exec(call)?.[1];
  return number === undefined ? null : Number(number);
}

/** True for a request that asks which parts of a file are stored. */
export function isListRequest(call: string): boolean {
  return /^GET .*\/files\/\d+$/u.test(call);
}
