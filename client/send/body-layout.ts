/** A file of a request. */
interface BodyFile {
  id: number;
  /** Bytes. */
  size: number;
}

/**
 * Converts the sent bytes of a request's body to sent bytes of its files.
 *
 * The browser writes the framing between the files and reports only the body's total size. Framing is
 * assumed to be equally long before each file, which is right to a few bytes.
 */
export class BodyLayout {
  readonly #count: number;
  readonly #fileBytes: number;
  /** Files that aren't fully sent, so that a long bundle isn't searched at every event. */
  readonly #left: BodyFile[];
  /** Bytes of the body before `#left`. */
  #offset = 0;

  /** @param files in the order of their bytes */
  constructor(files: readonly BodyFile[]) {
    this.#count = files.length;
    this.#fileBytes = files.reduce((sum, { size }) => sum + size, 0);
    this.#left = [...files];
  }

  /**
   * Calls `report` for each file whose sent bytes have changed since the last call.
   *
   * @param sent bytes of the body that were sent; never fewer than before
   * @param total bytes of the body
   */
  advance(sent: number, total: number, report: (id: number, bytes: number) => void): void {
    const framing = (total - this.#fileBytes) / this.#count;
    for (let file = this.#left[0]; file !== undefined; file = this.#left[0]) {
      const passed = Math.floor(sent - this.#offset - framing + 0.5);
      if (passed < 0) return;
      report(file.id, Math.min(passed, file.size));
      if (passed < file.size) return;
      this.#offset += framing + file.size;
      this.#left.shift();
    }
  }
}
