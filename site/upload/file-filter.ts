import { signal } from "@preact/signals";
import type { Source } from "../../client/index.ts";
import { type Limits, LIMITS } from "../../protocol/index.ts";

type FilterLimits = Pick<Limits, "files" | "fileBytes">;

/** Which files of the last drop were left out. */
interface SkippedFiles {
  /** They would have been more than a batch holds. */
  overLimit: number;
  /** Names of those that are larger than the server takes. */
  tooLarge: readonly string[];
  /** The disk would not give them. */
  unreadable: number;
  limits: FilterLimits;
}

const NONE_SKIPPED: SkippedFiles = { overLimit: 0, tooLarge: [], unreadable: 0, limits: LIMITS };

/** The batch that files want into. */
interface TargetBatch {
  limits: FilterLimits;
  /** How many files it has, or is about to have: the id that the next one gets. */
  files: number;
  /** Did this file fail, or was it called off? Then it may well come again. */
  canAddAgain: (id: number) => boolean;
}

interface SortedFiles {
  accepted: Source[];
  duplicates: Source[];
  /** Names. */
  tooLarge: string[];
  overLimit: number;
}

/** Looks at files before they are sent: what is bound to fail is told at once, and not after hours. */
export class FileFilter {
  readonly skipped = signal(NONE_SKIPPED);
  /** Files that the batch has already: kept back until somebody says whether they are wanted. */
  readonly duplicates = signal<readonly Source[]>([]);
  /** Ids of the batch's files by how they fingerprint on the disk. */
  readonly #ids = new Map<string, number>();

  /** Another batch begins. */
  reset(): void {
    this.#ids.clear();
    this.duplicates.value = [];
  }

  /** Another drop begins, or what was left out of the last one has been read. */
  clearSkipped(): void {
    this.skipped.value = NONE_SKIPPED;
  }

  /** There is no more to say about the files that the batch has already; answers what they are. */
  takeDuplicates(): readonly Source[] {
    const duplicates = this.duplicates.value;
    this.duplicates.value = [];
    return duplicates;
  }

  addUnreadable(count: number): void {
    if (count > 0) this.#addSkipped({ ...NONE_SKIPPED, unreadable: count });
  }

  /**
   * Which of the files to upload.
   *
   * @param allowsDuplicates has somebody said that they are wanted?
   */
  filter(sources: readonly Source[], into: TargetBatch, allowsDuplicates = false): Source[] {
    const { accepted, duplicates, tooLarge, overLimit } = this.#sort(
      sources,
      into,
      allowsDuplicates,
    );
    if (duplicates.length > 0) this.duplicates.value = [...this.duplicates.value, ...duplicates];
    if (overLimit + tooLarge.length > 0) {
      this.#addSkipped({ overLimit, tooLarge, unreadable: 0, limits: into.limits });
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
      unreadable: before.unreadable + unreadable,
      limits,
    };
  }
}

function fingerprintOf({ name, path = name, blob, lastModified = 0 }: Source): string {
  return `${path}\n${blob.size}\n${lastModified}`;
}
