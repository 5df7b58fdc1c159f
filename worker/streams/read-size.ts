import { KIB, SECOND_MS } from "../../protocol/index.ts";

/** Time between two reads of a slow body: each of them is reported. */
const READ_MS = 5 * SECOND_MS;

/**
 * Most bytes that a read waits for, at any speed: a body may become slow while a read is pending. At
 * the lowest speed that `BODY_BYTES_PER_SECOND` accepts (512), they take 48 s, less than the Batch
 * considers an upload alive without a report.
 */
const MAX_BYTES = 24 * KIB;

/**
 * The number of bytes that the next read of a body waits for. A read returns all bytes that have
 * arrived, so a fast body hardly notices; a slow one is read every few seconds, whatever its speed.
 */
export class ReadSize {
  #bytes = 1;

  get bytes(): number {
    return this.#bytes;
  }

  /** Adapts the size to the last read. It grows step by step, as the first bytes are always fast. */
  adapt(readBytes: number, ms: number): void {
    const expected = Math.floor((readBytes / Math.max(1, ms)) * READ_MS);
    this.#bytes = Math.max(1, Math.min(2 * this.#bytes, expected, MAX_BYTES));
  }
}
