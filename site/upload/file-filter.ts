import { signal } from "@preact/signals";
import type { Ledger, Source } from "../../client/index.ts";
import { declarationOf } from "../../client/source.ts";
import { acceptsName, acceptsType, type FileDeclaration } from "../../protocol/index.ts";
import { addSkipped, type FileLimits, type MoreSkipped, noneSkipped } from "./skipped-files.ts";

/** The batch that the files are for. */
interface TargetBatch {
  limits: FileLimits;
  /** Number of its files. */
  files: number;
  /** Their bytes, as far as they count towards its limit. */
  bytes: number;
  /** Its declared files. */
  ledger: Ledger;
}

/** Files of a drop that may be added. */
export interface FilteredFiles {
  /** Files to declare. */
  accepted: Source[];
  /** Files with the path of one that the batch has or will have: they may replace it. */
  again: Source[];
}

/** Handling of a file that looks like another: `replace` it if it isn't stored, or `add` a further one. */
export type Duplicates = "ask" | "replace" | "add";

/** The limits that a file may exceed: its own, and those of the batch. */
const EXCEEDED = ["tooLarge", "wrongType", "overLimit", "overBytes"] as const;

type Exceeded = (typeof EXCEEDED)[number];

interface SortedFiles extends FilteredFiles {
  duplicates: Source[];
  /** Paths of the files that exceed a limit. */
  refused: Record<Exceeded, string[]>;
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

  /** Forgets the files of a batch, for the next one. */
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
    if (sorted.duplicates.length > 0)
      this.duplicates.value = [...this.duplicates.value, ...sorted.duplicates];
    if (EXCEEDED.some((limit) => sorted.refused[limit].length > 0))
      this.skip({ ...sorted.refused, limits: into.limits });
    return sorted;
  }

  #sort(sources: readonly Source[], into: TargetBatch, duplicates: Duplicates): SortedFiles {
    const sorted: SortedFiles = {
      accepted: [],
      again: [],
      duplicates: [],
      refused: { tooLarge: [], wrongType: [], overLimit: [], overBytes: [] },
    };
    const { limits, ledger } = into;
    let { files, bytes } = into;
    for (const source of sources) {
      const file = declarationOf(source);
      const list = fileRefusal(file, limits) ?? this.#listFor(file, ledger, duplicates);
      const place = list === "accepted" ? batchRefusal(file, { limits, files, bytes }) : list;
      if (place === null) continue;
      if (isExceeded(place)) sorted.refused[place].push(pathOf(file));
      else sorted[place].push(source);
      if (place !== "accepted") continue;
      files += 1;
      bytes += file.size;
      this.#accepted.set(pathOf(file), file);
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

function isExceeded(place: keyof FilteredFiles | "duplicates" | Exceeded): place is Exceeded {
  return EXCEEDED.some((limit) => limit === place);
}

/** Returns the limit of a single file that this one exceeds, as the server would decide. */
function fileRefusal(file: FileDeclaration, limits: FileLimits): Exceeded | null {
  const { size, type = "" } = file;
  if (size > limits.fileBytes) return "tooLarge";
  // The first bytes decide about a file without a type, when they arrive.
  const isAccepted = type === "" || acceptsType(limits.types, type);
  return isAccepted && acceptsName(limits.extensions, file) ? null : "wrongType";
}

/** Returns the limit of the batch that one more file would exceed, or `accepted`. */
function batchRefusal(
  { size }: FileDeclaration,
  { limits, files, bytes }: Omit<TargetBatch, "ledger">,
): Exceeded | "accepted" {
  if (files >= limits.files) return "overLimit";
  return limits.bytes !== undefined && bytes + size > limits.bytes ? "overBytes" : "accepted";
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
