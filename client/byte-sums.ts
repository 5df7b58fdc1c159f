import type { FileState } from "../protocol/index.ts";

/** The part of a ledger that its sums are computed from. */
interface SummedFiles {
  size: (id: number) => number;
  state: (id: number) => FileState;
  sentBytes: (id: number) => number;
  receivedBytes: (id: number) => number;
  isUploadDone: (id: number) => boolean;
}

/** Bytes of a batch's files. `received`, `failed` and `cancelled` share no file. */
export interface Bytes {
  /** The sizes of all files. */
  all: number;
  /** The sizes of the files that are stored. */
  stored: number;
  /** Confirmed by the server, of the files that haven't failed and weren't cancelled. */
  received: number;
  /** Received, or handed to the network. */
  sent: number;
  /** The sizes of files that have failed. */
  failed: number;
  /** The sizes of files that were cancelled. */
  cancelled: number;
}

/** Sums over all files, updated with each change of a file so that their cost doesn't grow with the batch. */
export class ByteSums {
  readonly #sums: Bytes = { all: 0, stored: 0, received: 0, sent: 0, failed: 0, cancelled: 0 };

  /** The sums without some of the files. */
  without(files: SummedFiles, ids: readonly number[]): Bytes {
    const sums = { ...this.#sums };
    for (const id of ids) count(sums, files, id, -1);
    return sums;
  }

  /** Adds a file as it is. */
  add(files: SummedFiles, id: number): void {
    count(this.#sums, files, id, 1);
  }

  /** Removes a file as it is. Call before it changes. */
  remove(files: SummedFiles, id: number): void {
    count(this.#sums, files, id, -1);
  }
}

function count(sums: Bytes, files: SummedFiles, id: number, sign: 1 | -1): void {
  const size = files.size(id);
  const state = files.state(id);
  sums.all += sign * size;
  if (state === "failed" || state === "cancelled") {
    sums[state] += sign * size;
    return;
  }
  const isStored = files.isUploadDone(id);
  const received = isStored ? size : files.receivedBytes(id);
  if (isStored) sums.stored += sign * size;
  sums.received += sign * received;
  sums.sent += sign * Math.max(received, files.sentBytes(id));
}
