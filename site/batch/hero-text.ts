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

/** Returns how many files, or how much of a few large ones, the server has stored. */
export function storedText({
  counts,
  fileCount,
  ledger,
}: Pick<Board, "counts" | "fileCount" | "ledger">): HeroText {
  const files = fileCount.value;
  const { all, received } = knownBytes(ledger);
  if (countsBytes(files, all)) {
    return {
      text: words.hero.bytesStored(received, all),
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
  const { all, received } = knownBytes(board.ledger);
  const summary = board.hasEnded.value ? board.summary.value : null;
  if (summary) {
    const seconds = Math.max(1, summary.durationMs / 1000);
    return words.hero.bytesInTime(received, seconds);
  }
  const parts = [
    board.isGrowing.value ? "" : format.percent(board.bar.confirmed.value),
    board.fileCount.value === 0 ? "" : words.count.bytesOf(received, all),
    speedText(board.meter.speed.value),
  ];
  return parts.filter((part) => part !== "").join(" · ");
}

function speedText(speed: number | null): string {
  return speed === null || speed < 1 ? "" : format.speed(speed);
}

/** Returns the hero in one short line, for when it is scrolled away. */
export function shortText(board: Board): string {
  const end = endText(board);
  if (end !== null) return end.text;
  const percent = board.isGrowing.value ? "" : format.percent(board.bar.confirmed.value);
  const parts = [storedText(board).text, percent, timeLeftText(board)?.text ?? ""];
  return parts.filter((part) => part !== "").join(" · ");
}
