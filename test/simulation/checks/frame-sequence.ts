import { type Frame, isSettled, canBecome, PROGRESS, type Row } from "../../../protocol/index.ts";

/** What one socket has told its watcher, frame by frame: it must make sense all along. */
export class FrameSequence {
  readonly #rows = new Map<number, Row>();
  #rev = 0;

  /** @returns what is wrong with this frame after those before it, or null */
  add(frame: Frame): string | null {
    if (frame.rev < this.#rev) return `rev went back from ${this.#rev} to ${frame.rev}`;
    this.#rev = frame.rev;
    if (!("files" in frame)) return null;
    // What a snapshot leaves out is as the watcher knows it from before.
    const isSnapshot = frame.event === "snapshot";
    for (const row of frame.files) {
      const problem = isSnapshot ? null : this.#problemOf(row);
      if (problem) return problem;
      this.#rows.set(row[0], row);
    }
    return null;
  }

  #problemOf(row: Row): string | null {
    const before = this.#rows.get(row[0]);
    if (!before || isLegal(before, row)) return null;
    return `file ${row[0]} went from ${before.slice(1).join(" ")} to ${row.slice(1).join(" ")}`;
  }
}

/** May a watcher who saw `before` see `after` next? */
function isLegal(before: Row, after: Row): boolean {
  const [, state, progress] = before;
  const [, nextState, nextProgress] = after;
  if (state !== nextState) return canBecome(state, nextState);
  if (isSettled(state)) return false;
  return progress < PROGRESS.stored || nextProgress >= progress;
}
