import { type ReadonlySignal, signal } from "@preact/signals";
import type { Ledger } from "../../client/index.ts";
import { isSettled, PROGRESS } from "../../protocol/index.ts";

/** Files that are shown at a time. More are in flight where requests carry many small files. */
const MAX_SLOTS = 6;

type SendingFiles = Pick<Ledger, "count" | "progress" | "sentBytes" | "state">;

/**
 * The files that are being sent, in slots: a file keeps its slot until it is done, and the next one
 * takes it then. The number of slots only grows, so that what is below them stays where it is.
 */
export class SendingSlots {
  /** File ids. */
  readonly slots: ReadonlySignal<readonly number[]>;
  /** True if a file is being sent. The last ones keep their slots afterwards. */
  readonly isSending: ReadonlySignal<boolean>;
  readonly #slots = signal<readonly number[]>([]);
  readonly #isSending = signal(false);
  readonly #files: SendingFiles;
  /** In the order in which they began. */
  readonly #sending = new Set<number>();

  constructor(files: SendingFiles) {
    this.#files = files;
    this.slots = this.#slots;
    this.isSending = this.#isSending;
    for (let id = 0; id < files.count; id++) this.#note(id);
  }

  /** Notes which of these files are being sent. */
  note(changed: Iterable<number>): void {
    for (const id of changed) this.#note(id);
  }

  /**
   * Gives free slots to the next files. The last files keep theirs while there is no next one.
   *
   * @param isKept true if a file keeps its slot although it isn't sent
   * @param mayGrow false: there are no more slots than before
   */
  assign(isKept: (file: number) => boolean = () => false, mayGrow = true): void {
    this.#isSending.value = this.#sending.size > 0;
    const slots = this.#slots.peek();
    const waiting = [...this.#sending].filter((id) => !slots.includes(id)).values();
    const next = (): number | undefined => waiting.next().value;
    const kept = slots.map((file) =>
      this.#sending.has(file) || isKept(file) ? file : (next() ?? file),
    );
    const added = Array.from({ length: mayGrow ? MAX_SLOTS - kept.length : 0 }, next);
    const all = [...kept, ...added.filter((file) => file !== undefined)];
    const isSame = all.length === slots.length && all.every((file, nth) => file === slots[nth]);
    if (!isSame) this.#slots.value = all;
  }

  #note(id: number): void {
    if (isSending(this.#files, id)) this.#sending.add(id);
    else this.#sending.delete(id);
  }
}

function isSending(files: SendingFiles, id: number): boolean {
  const state = files.state(id);
  if (isSettled(state) || files.progress(id) >= PROGRESS.stored) return false;
  return state === "uploading" || files.sentBytes(id) > 0;
}
