import { signal } from "@preact/signals";
import type { Source } from "../../client/index.ts";
import { type Limits, LIMITS } from "../../protocol/index.ts";

type FilterLimits = Pick<Limits, "files" | "fileBytes">;

/** Files of the last drop that are not uploaded. */
interface SkippedFiles {
  /** Number of files above the limit of files per batch. */
  overLimit: number;
  /** Names of files that are too large for the server. */
  tooLarge: readonly string[];
  /** Paths of files and folders that couldn't be read from disk. */
  unreadable: readonly string[];
  limits: FilterLimits;
}

const NONE_SKIPPED: SkippedFiles = { overLimit: 0, tooLarge: [], unreadable: [], limits: LIMITS };

/** The batch that the files are for. */
interface TargetBatch {
  limits: FilterLimits;
  /** Number of its files, which is also the id of the next one. */
  files: number;
  /** True if the file failed or was cancelled, so that the same file may be added again. */
  canAddAgain: (id: number) => boolean;
}

interface SortedFiles {
  accepted: Source[];
  duplicates: Source[];
  /** Names. */
  tooLarge: string[];
  overLimit: number;
}

/** Checks files before they are sent, so that a file that can't be stored is reported at once. */
export class FileFilter {
  readonly skipped = signal(NONE_SKIPPED);
  /** Files that are already in the batch. The user decides whether to upload them again. */
  readonly duplicates = signal<readonly Source[]>([]);
  /** Ids of the batch's files by fingerprint. */
  readonly #ids = new Map<string, number>();

  /** Prepares for a new batch. */
  reset(): void {
    this.#ids.clear();
    this.duplicates.value = [];
  }

  /** Clears the skipped files, for a new drop or after the user has dismissed the note. */
  clearSkipped(): void {
    this.skipped.value = NONE_SKIPPED;
  }

  /** Returns the duplicates and clears them. */
  takeDuplicates(): readonly Source[] {
    const duplicates = this.duplicates.value;
    this.duplicates.value = [];
    return duplicates;
  }

  addUnreadable(paths: readonly string[]): void {
    if (paths.length > 0) this.#addSkipped({ ...NONE_SKIPPED, unreadable: paths });
  }

  /**
   * Returns the files to upload, and notes the others as skipped or duplicates.
   *
   * @param allowsDuplicates true if the user has decided to upload duplicates
   */
  filter(sources: readonly Source[], into: TargetBatch, allowsDuplicates = false): Source[] {
    const { accepted, duplicates, tooLarge, overLimit } = this.#sort(
      sources,
      into,
      allowsDuplicates,
    );
    if (duplicates.length > 0) this.duplicates.value = [...this.duplicates.value, ...duplicates];
    if (overLimit + tooLarge.length > 0) {
      this.#addSkipped({ overLimit, tooLarge, unreadable: [], limits: into.limits });
    }
    return accepted;
  }

  #sort(sources: readonly Source[], into: TargetBatch, allowsDuplicates: boolean): SortedFiles {
    const sorted: SortedFiles = { accepted: [], duplicates: [], tooLarge: [], overLimit: 0 };
    for (const source of sources) {
      const fingerprint = fingerprintOf(source);
      const id = into.files + sorted.accepted.length;
      if (source.blob.size > into.limits.fileBytes) sorted.tooLarge.push(source.name);
      else if (!allowsDuplicates && this.#has(fingerprint, into)) sorted.duplicates.push(source);
      else if (id >= into.limits.files) sorted.overLimit += 1;
      else {
        sorted.accepted.push(source);
        this.#ids.set(fingerprint, id);
      }
    }
    return sorted;
  }

  #has(fingerprint: string, { canAddAgain }: TargetBatch): boolean {
    const id = this.#ids.get(fingerprint);
    return id !== undefined && !canAddAgain(id);
  }

  #addSkipped({ overLimit, tooLarge, unreadable, limits }: SkippedFiles): void {
    const before = this.skipped.value;
    this.skipped.value = {
      overLimit: before.overLimit + overLimit,
      tooLarge: [...before.tooLarge, ...tooLarge],
      unreadable: [...before.unreadable, ...unreadable],
      limits,
    };
  }
}

function fingerprintOf({ name, path = name, blob, lastModified = 0 }: Source): string {
  return `${path}\n${blob.size}\n${lastModified}`;
}
