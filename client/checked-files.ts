/**
 * The files whose stored bytes are those of the device that sent them: their SHA-256 on the device is
 * the one that the server computed. Without WebCrypto, as in a page served over plain HTTP, none are.
 */
export class CheckedFiles {
  readonly #files = new Set<number>();

  /** True if the file's bytes were compared. */
  has(id: number): boolean {
    return this.#files.has(id);
  }

  add(id: number): void {
    this.#files.add(id);
  }
}
