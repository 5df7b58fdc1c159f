import { format, words } from "../i18n/index.ts";
import type { Board } from "./board.ts";
import { storedCount } from "./counts.ts";
import { countsBytes } from "./hero-unit.ts";
import { knownBytes } from "./overall-bar.ts";

/** A sentence, and the part of it that stands out. */
export interface HeroText {
  text: string;
  figure: string;
}

/** Returns how many files are stored, or how much of a few large ones has arrived: none may be stored yet. */
export function storedText({
  counts,
  fileCount,
  ledger,
}: Pick<Board, "counts" | "fileCount" | "ledger">): HeroText {
  const files = fileCount.value;
  if (files === 0) return { text: words.hero.noFiles, figure: words.hero.noFiles };
  const { all, received } = knownBytes(ledger);
  if (countsBytes(files, all)) {
    return {
      text: words.hero.bytesSent(received, all),
      figure: format.bytes(received),
    };
  }
  const stored = storedCount(counts.value);
  return { text: words.hero.filesStored(stored, files), figure: format.number(stored) };
}

/** Returns the sentence for a batch of which nothing more has to be sent; null during the upload. */
export function endText(board: Board): HeroText | null {
  if (!board.isFinished.value) return null;
  const stored = storedCount(board.counts.value);
  const text = words.hero.safe(stored, board.fileCount.value, board.fileKind.value);
  return { text, figure: format.number(stored) };
}

/** Returns the time left; null while unknown, and at the end. */
export function timeLeftText({ meter }: Board): HeroText | null {
  const seconds = meter.secondsLeft.value;
  if (seconds === null) return null;
  return { text: words.hero.timeLeft(seconds), figure: format.duration(seconds) };
}

/** Returns percent, bytes and speed; at the end, the time that it took. */
export function detailText(board: Board): string {
  const { received } = knownBytes(board.ledger);
  const summary = board.hasEnded.value ? board.summary.value : null;
  if (summary?.completed === 0) return "";
  if (summary) {
    const seconds = Math.max(1, summary.durationMs / 1000);
    return words.hero.bytesInTime(received, seconds);
  }
  // A viewer learns what to expect. The sender's page says elsewhere that it looks for files.
  if (board.fileCount.value === 0) return board.view.running === undefined ? words.watch.empty : "";
  const parts = [percentText(board), otherAmount(board), speedText(board.meter.speed.value)];
  return parts.filter((part) => part !== "").join(" · ");
}

function percentText({ bar, fileCount, isGrowing }: Board): string {
  const isUnknown = isGrowing.value || fileCount.value === 0;
  return isUnknown ? "" : format.percent(bar.confirmed.value);
}

/** Returns the bytes or, below a headline in bytes, the files. */
function otherAmount({ counts, fileCount, isGrowing, ledger }: Board): string {
  const files = fileCount.value;
  const { all, received } = knownBytes(ledger);
  if (countsBytes(files, all))
    return files === 1 ? "" : words.hero.filesStored(storedCount(counts.value), files);
  // Until all files are declared, the sum of their bytes is not that of the batch.
  if (isGrowing.value) return received === 0 ? "" : format.bytes(received);
  return all === 0 ? "" : words.count.bytesOf(received, all);
}

function speedText(speed: number | null): string {
  return speed === null || speed < 1 ? "" : format.speed(speed);
}

/** Returns the hero in one short line, for when it is scrolled away. */
export function shortText(board: Board): string {
  const end = endText(board);
  if (end !== null) return end.text;
  const parts = [storedText(board).text, percentText(board), timeLeftText(board)?.text ?? ""];
  return parts.filter((part) => part !== "").join(" · ");
}
