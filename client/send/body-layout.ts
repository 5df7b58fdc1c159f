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
  readonly #count: number;
  readonly #fileBytes: number;
  /** Files that are not wholly sent: a long bundle is not searched at every event. */
  readonly #left: Stretch[];
  /** Bytes of the body before what is left. */
  #before = 0;

  /** @param files in the order of their bytes */
  constructor(files: readonly Stretch[]) {
    this.#count = files.length;
    this.#fileBytes = files.reduce((sum, { size }) => sum + size, 0);
    this.#left = [...files];
  }

  /**
   * Tells of the files whose sent bytes have changed since the last call.
   *
   * @param sent bytes of the body that have been sent; never fewer than before
   * @param total bytes of the body
   */
  advance(sent: number, total: number, report: (id: number, bytes: number) => void): void {
    const framing = (total - this.#fileBytes) / this.#count;
    for (let file = this.#left[0]; file !== undefined; file = this.#left[0]) {
      const passed = Math.floor(sent - this.#before - framing + 0.5);
      if (passed < 0) return;
      report(file.id, Math.min(passed, file.size));
      if (passed < file.size) return;
      this.#before += framing + file.size;
      this.#left.shift();
    }
  }
}
