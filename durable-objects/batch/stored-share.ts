import { percentOf } from "../../protocol/index.ts";
import { type FileRecord, isStored } from "./file.ts";

/** The highest share while a file is missing. Rounding would report 100 if that file is small or empty. */
const ALMOST_ALL = 99.99;

/**
 * The share of a batch that is stored in R2, by bytes. Cancelled and deleted files are no part of it, and
 * a failed file counts as stored only if it failed in processing.
 */
export class StoredShare {
  #files = 0;
  #bytes = 0;
  #storedFiles = 0;
  #storedBytes = 0;

  /** Adds a file, or removes it as it was before. */
  count(file: FileRecord, sign: 1 | -1): void {
    if (file.state === "cancelled") return;
    this.#files += sign;
    this.#bytes += file.size * sign;
    if (!isStored(file)) return;
    this.#storedFiles += sign;
    this.#storedBytes += file.size * sign;
  }

  /** 0 to 100, two decimals; 100 only if every file is stored. 0 without files. */
  get percent(): number {
    if (this.#storedFiles === this.#files) return this.#files === 0 ? 0 : 100;
    const percent =
      this.#bytes === 0
        ? percentOf(this.#storedFiles, this.#files)
        : percentOf(this.#storedBytes, this.#bytes);
    return Math.min(ALMOST_ALL, percent);
  }
}
