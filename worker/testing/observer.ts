import type { BatchResource, FilePage, FileResource, Frame, Row } from "../../protocol/index.ts";

/** One client's view of a batch: the latest row of each file, and all rows as they were at each rev. */
export class Observer {
  readonly name: string;
  /** The rev up to which the client knows every change. */
  since = 0;
  /** `completedAt` of each end that the client was told of. */
  readonly ends: string[] = [];
  /** Reports that contradict earlier ones. */
  readonly contradictions: string[] = [];
  readonly #rows = new Map<number, Row>();
  readonly #byRev = new Map<number, string>();

  /** @param files number of files in the batch, which are all queued at first */
  constructor(name: string, files: number) {
    this.name = name;
    for (let id = 0; id < files; id++) this.#rows.set(id, [id, "queued", 0, 0, null]);
  }

  /** All rows at each rev that was reported, as JSON. */
  get byRev(): ReadonlyMap<number, string> {
    return this.#byRev;
  }

  applyFrame(frame: Frame): void {
    if ("files" in frame) this.#apply(frame.files);
    if (frame.event === "uploadCompleted") this.ends.push(frame.summary.completedAt);
    if (frame.event !== "snapshot" || !frame.more) this.#know(frame.rev);
  }

  /** Applies the pages of one list. The files of an earlier page may have changed before a later one. */
  applyPages(pages: readonly FilePage[]): void {
    const [first = 0, ...others] = pages.map(({ rev }) => rev);
    for (const { files } of pages) this.#apply(files.map(rowOf));
    if (others.every((rev) => rev === first)) this.#know(first);
    this.since = first;
  }

  applyStatus({ completedAt }: BatchResource): void {
    if (completedAt !== null) this.ends.push(completedAt);
  }

  #apply(rows: readonly Row[]): void {
    for (const row of rows) this.#rows.set(row[0], row);
  }

  /** Notes that the rows are those of `rev`. */
  #know(rev: number): void {
    const rows = JSON.stringify([...this.#rows.values()]);
    const earlier = this.#byRev.get(rev);
    if (earlier !== undefined && earlier !== rows) {
      this.contradictions.push(`${this.name} at rev ${rev}: ${earlier}, then ${rows}`);
    }
    if (rev < this.since) this.contradictions.push(`${this.name}: rev ${this.since}, then ${rev}`);
    this.#byRev.set(rev, rows);
    this.since = rev;
  }
}

function rowOf({ id, state, progress, receivedBytes, error }: FileResource): Row {
  return [id, state, progress, receivedBytes, error?.code ?? null];
}

/** Returns the contradictions of each observer and between them, at every rev that two have. */
export function disagreements(observers: readonly Observer[]): string[] {
  const known = new Map<number, { name: string; rows: string }>();
  const found = observers.flatMap(({ contradictions }) => contradictions);
  for (const { name, byRev } of observers) {
    for (const [rev, rows] of byRev) {
      const other = known.get(rev) ?? { name, rows };
      known.set(rev, other);
      if (other.rows !== rows) {
        found.push(`rev ${rev}: ${other.name} has ${other.rows}, ${name} has ${rows}`);
      }
    }
  }
  return found;
}
