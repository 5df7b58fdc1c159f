import { signal } from "@preact/signals";
import type { Source } from "../../client/index.ts";
import { type Limits, LIMITS } from "../../protocol/index.ts";

type GateLimits = Pick<Limits, "files" | "fileBytes">;

/** Which files of the last drop were left out. */
interface LeftOut {
  /** They would have been more than a batch holds. */
  over: number;
  /** Names of those that are larger than the server takes. */
  tooLarge: readonly string[];
  /** The disk would not give them. */
  unreadable: number;
  limits: GateLimits;
}

const NONE: LeftOut = { over: 0, tooLarge: [], unreadable: 0, limits: LIMITS };

/** The batch that files want into. */
interface Batch {
  limits: GateLimits;
  /** How many files it has, or is about to have: the id that the next one gets. */
  files: number;
  /** Did this file fail, or was it called off? Then it may well come again. */
  isLost: (id: number) => boolean;
}

interface Sorted {
  taken: Source[];
  doubles: Source[];
  /** Names. */
  tooLarge: string[];
  over: number;
}

/** Looks at files before they are sent: what is bound to fail is told at once, and not after hours. */
export class Gate {
  readonly leftOut = signal(NONE);
  /** Files that the batch has already: kept back until somebody says whether they are wanted. */
  readonly doubles = signal<readonly Source[]>([]);
  /** Ids of the batch's files by how they look on the disk. */
  readonly #ids = new Map<string, number>();

  /** Another batch begins. */
  beginBatch(): void {
    this.#ids.clear();
    this.doubles.value = [];
  }

  /** Another drop begins, or what was left out of the last one has been read. */
  forgetLeftOut(): void {
    this.leftOut.value = NONE;
  }

  /** There is no more to say about the files that the batch has already; answers what they are. */
  takeDoubles(): readonly Source[] {
    const doubles = this.doubles.value;
    this.doubles.value = [];
    return doubles;
  }

  noteUnreadable(count: number): void {
    if (count > 0) this.#leaveOut({ ...NONE, unreadable: count });
  }

  /**
   * Which of the files to upload.
   *
   * @param takesDoubles has somebody said that they are wanted?
   */
  admit(sources: readonly Source[], into: Batch, takesDoubles = false): Source[] {
    const { taken, doubles, tooLarge, over } = this.#sort(sources, into, takesDoubles);
    if (doubles.length > 0) this.doubles.value = [...this.doubles.value, ...doubles];
    if (over + tooLarge.length > 0) {
      this.#leaveOut({ over, tooLarge, unreadable: 0, limits: into.limits });
    }
    return taken;
  }

  #sort(sources: readonly Source[], into: Batch, takesDoubles: boolean): Sorted {
    const sorted: Sorted = { taken: [], doubles: [], tooLarge: [], over: 0 };
    for (const source of sources) {
      const look = lookOf(source);
      const id = into.files + sorted.taken.length;
      if (source.blob.size > into.limits.fileBytes) sorted.tooLarge.push(source.name);
      else if (!takesDoubles && this.#has(look, into)) sorted.doubles.push(source);
      else if (id >= into.limits.files) sorted.over += 1;
      else {
        sorted.taken.push(source);
        this.#ids.set(look, id);
      }
    }
    return sorted;
  }

  #has(look: string, { isLost }: Batch): boolean {
    const id = this.#ids.get(look);
    return id !== undefined && !isLost(id);
  }

  #leaveOut({ over, tooLarge, unreadable, limits }: LeftOut): void {
    const before = this.leftOut.value;
    this.leftOut.value = {
      over: before.over + over,
      tooLarge: [...before.tooLarge, ...tooLarge],
      unreadable: before.unreadable + unreadable,
      limits,
    };
  }
}

function lookOf({ name, path = name, blob, lastModified = 0 }: Source): string {
  return `${path}\n${blob.size}\n${lastModified}`;
}
