/** A file of a request, and how many bytes it has. */
interface Stretch {
  id: number;
  size: number;
}

/**
 * Where in a request's body each of its files lies, so that bytes sent become bytes of files.
 *
 * Who sends the body writes the framing between its files, and says only how long all of it is: it
 * is taken to be equally long before each file, which is right to a few bytes.
 */
export class BodyLayout {
  readonly #files: readonly Stretch[];
  readonly #fileBytes: number;
  /** All files before this one are wholly sent: a long bundle is not searched at every event. */
  #current = 0;
  /** Bytes of the files before the current one. */
  #before = 0;

  /** @param files in the order of their bytes */
  constructor(files: readonly Stretch[]) {
    this.#files = files;
    this.#fileBytes = files.reduce((sum, { size }) => sum + size, 0);
  }

  /**
   * Tells of the files whose sent bytes have changed since the last call.
   *
   * @param sent bytes of the body that have been sent; never fewer than before
   * @param total bytes of the body
   */
  advance(sent: number, total: number, report: (id: number, bytes: number) => void): void {
    const framing = (total - this.#fileBytes) / this.#files.length;
    for (let file = this.#next; file !== undefined; file = this.#next) {
      const passed = Math.round(sent - this.#before - framing * (this.#current + 1));
      if (passed < 0) return;
      report(file.id, Math.min(passed, file.size));
      if (passed < file.size) return;
      this.#before += file.size;
      this.#current++;
    }
  }

  get #next(): Stretch | undefined {
    return this.#files[this.#current];
  }
}
