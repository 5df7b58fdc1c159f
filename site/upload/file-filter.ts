import { signal } from "@preact/signals";
import type { Ledger, Source } from "../../client/index.ts";
import { declarationOf } from "../../client/source.ts";
import type { FileDeclaration } from "../../protocol/index.ts";
import { addSkipped, type MoreSkipped, noneSkipped, type SkippedFiles } from "./skipped-files.ts";

/** The batch that the files are for. */
interface TargetBatch {
  limits: SkippedFiles["limits"];
  /** Number of its files. */
  files: number;
  /** Its declared files. */
  ledger: Ledger;
}

interface FilteredFiles {
  /** Files to declare. */
  accepted: Source[];
  /** Files with the path of one that the batch has or will have: they may replace it. */
  again: Source[];
}

/** Handling of a file that looks like another: `replace` it if it isn't stored, or `add` a further one. */
export type Duplicates = "ask" | "replace" | "add";

interface SortedFiles extends FilteredFiles {
  duplicates: Source[];
  /** Names. */
  tooLarge: string[];
  overLimit: string[];
}

/** Checks files before they are sent, so that a file that can't be stored is reported at once. */
export class FileFilter {
  readonly skipped = signal(noneSkipped());
  /**
   * Files that look like one that the batch has stored or is about to declare. The user decides whether
   * to upload them all the same.
   */
  readonly duplicates = signal<readonly Source[]>([]);
  /** The accepted files, by path. */
  readonly #accepted = new Map<string, FileDeclaration>();

  /** Prepares for a new batch. */
  reset(): void {
    this.#accepted.clear();
    this.duplicates.value = [];
  }

  /** Clears the skipped files, for a new drop or after the user has dismissed the note. */
  clearSkipped(): void {
    this.skipped.value = noneSkipped();
  }

  /** Returns the duplicates and clears them. */
  takeDuplicates(): readonly Source[] {
    const duplicates = this.duplicates.value;
    this.duplicates.value = [];
    return duplicates;
  }

  /** Notes files and folders of the current drop that are not uploaded. */
  skip(more: MoreSkipped): void {
    this.skipped.value = addSkipped(this.skipped.peek(), more);
  }

  /**
   * Returns the files to upload, and notes the others as skipped or duplicates.
   *
   * @param duplicates default: the user is asked
   */
  filter(
    sources: readonly Source[],
    into: TargetBatch,
    duplicates: Duplicates = "ask",
  ): FilteredFiles {
    const sorted = this.#sort(sources, into, duplicates);
    const { tooLarge, overLimit } = sorted;
    if (sorted.duplicates.length > 0)
      this.duplicates.value = [...this.duplicates.value, ...sorted.duplicates];
    if (overLimit.length + tooLarge.length > 0) {
      this.skip({ overLimit, tooLarge, limits: into.limits });
    }
    return sorted;
  }

  #sort(sources: readonly Source[], into: TargetBatch, duplicates: Duplicates): SortedFiles {
    const sorted: SortedFiles = {
      accepted: [],
      again: [],
      duplicates: [],
      tooLarge: [],
      overLimit: [],
    };
    const { limits, files, ledger } = into;
    for (const source of sources) {
      const file = declarationOf(source);
      const list = this.#listFor(file, ledger, duplicates);
      if (file.size > limits.fileBytes) sorted.tooLarge.push(pathOf(file));
      else if (list === "duplicates" || list === "again") sorted[list].push(source);
      else if (list === null) continue;
      else if (files + sorted.accepted.length >= limits.files) sorted.overLimit.push(pathOf(file));
      else {
        sorted.accepted.push(source);
        this.#accepted.set(pathOf(file), file);
      }
    }
    return sorted;
  }

  /** Returns null for the same file as one that is about to be declared: it needs nothing more. */
  #listFor(
    file: FileDeclaration,
    ledger: Ledger,
    duplicates: Duplicates,
  ): keyof FilteredFiles | "duplicates" | null {
    if (duplicates === "add") return "accepted";
    if (this.#isPending(file, ledger)) {
      if (duplicates === "replace") return "accepted";
      // Files that were chosen from several folders have only their names.
      return pathOf(file).includes("/") ? null : "duplicates";
    }
    if (duplicates === "ask" && isStored(ledger, file)) return "duplicates";
    return this.#isKnown(file, ledger) ? "again" : "accepted";
  }

  /** True if a file that looks the same was accepted, and isn't declared yet. */
  #isPending(file: FileDeclaration, ledger: Ledger): boolean {
    const accepted = this.#accepted.get(pathOf(file));
    const isDeclared = ledger.filesAt(pathOf(file)).length > 0;
    return accepted !== undefined && !isDeclared && isSame(accepted, file);
  }

  /** True if the batch has or will have a file with this path. */
  #isKnown(file: FileDeclaration, ledger: Ledger): boolean {
    const path = pathOf(file);
    if (ledger.filesAt(path).length === 0) return this.#accepted.has(path);
    // From here on, the ledger knows what has become of it.
    this.#accepted.delete(path);
    return true;
  }
}

/** True if the batch has stored this very file. */
function isStored(ledger: Ledger, file: FileDeclaration): boolean {
  return ledger.filesAt(pathOf(file)).some((id) => {
    const declared = { size: ledger.size(id), lastModified: ledger.lastModified(id) };
    const isDone = ledger.isUploadDone(id) && ledger.state(id) !== "cancelled";
    return isDone && isSame(declared, file);
  });
}

function pathOf({ name, path = name }: FileDeclaration): string {
  return path;
}

type Version = Pick<FileDeclaration, "size" | "lastModified">;

function isSame(a: Version, b: Version): boolean {
  return a.size === b.size && a.lastModified === b.lastModified;
}
