import { batch, signal } from "@preact/signals";
import type { Ledger } from "../../client/index.ts";
import { percentOf } from "../../protocol/index.ts";
import type { Counts } from "./counts.ts";

/** The highest share while a file is missing. Rounding would report 100 if that file is small or empty. */
const ALMOST_ALL = 99.99;

type Bytes = Ledger["bytes"];

/**
 * The parts of the overall bar, 0 to 100, to the scale of the files' bytes; of a batch of empty files, to
 * that of their number.
 */
export class OverallBar {
  /** Files that are stored. Never more than `confirmed`. */
  readonly stored = signal(0);
  /** Bytes that the server has confirmed, of files that are still sent as well. 100 only if every file is stored. */
  readonly confirmed = signal(0);
  /** Bytes handed to the network. Never less than `confirmed`. */
  readonly sent = signal(0);
  /** Files that have failed. */
  readonly failed = signal(0);
  /** Files that were cancelled. */
  readonly cancelled = signal(0);

  /** Number of files at the last update. */
  #files = 0;

  update(ledger: MeasuredFiles, counts: Counts, files: FileNumber): void {
    const { all, stored, received, sent, failed, cancelled } = amounts(
      expected(ledger, files),
      counts,
    );
    const most = isAllStored(counts) ? 100 : ALMOST_ALL;
    // An estimate that differs with the sizes of the latest files would move the bar to and fro.
    const mayFall = !files.isGrowing || files.count > this.#files;
    this.#files = files.count;
    const next = (before: number, part: number): number =>
      Math.max(mayFall ? 0 : before, Math.min(most, percentOf(part, all)));
    batch(() => {
      this.stored.value = next(this.stored.peek(), stored);
      this.confirmed.value = next(this.confirmed.peek(), received);
      this.sent.value = next(this.sent.peek(), sent);
      this.failed.value = percentOf(failed, all);
      this.cancelled.value = percentOf(cancelled, all);
    });
  }
}

/** The part of a ledger that its bytes are read from. */
export type KnownFiles = Pick<Ledger, "bytes" | "count" | "percentStored" | "totals">;

type MeasuredFiles = KnownFiles & Pick<Ledger, "replaced">;

interface FileNumber {
  /** Number of files, those that aren't declared yet included. */
  count: number;
  /** True until all of them are declared. */
  isGrowing: boolean;
  /** Bytes of those that couldn't be declared. */
  refusedBytes?: number;
}

/**
 * Returns the bytes, with an estimate for the files that aren't declared yet: as many as the others have.
 * Without it the bar would stand still while a folder is read, and leap at the end.
 */
function expected(
  ledger: MeasuredFiles,
  { count, isGrowing, refusedBytes = 0 }: FileNumber,
): Bytes {
  const declared = knownBytes(ledger);
  const { all, failed } = declared;
  const bytes = { ...declared, all: all + refusedBytes, failed: failed + refusedBytes };
  const known = Math.max(ledger.count, ledger.totals.files) - ledger.replaced.length;
  if (!isGrowing || known <= 0) return bytes;
  return { ...bytes, all: bytes.all * Math.max(1, count / known) };
}

/** Returns the bytes of all files. Before a watcher has loaded their list, only the totals are known. */
export function knownBytes({ count, totals, bytes, percentStored }: KnownFiles): Bytes {
  if (count >= totals.files) return bytes;
  const { bytes: all, receivedBytes: received } = totals;
  const stored = Math.min(received, (all * percentStored) / 100);
  return { all, stored, received, sent: received, failed: 0, cancelled: 0 };
}

function amounts(bytes: Bytes, counts: Counts): Bytes {
  if (bytes.all > 0) return bytes;
  const { queued, uploading, processing, completed, failed, cancelled } = counts;
  const received = processing + completed;
  const all = received + queued + uploading + failed + cancelled;
  return { all, stored: received, received, sent: received + uploading, failed, cancelled };
}

function isAllStored({
  queued,
  uploading,
  processing,
  completed,
  failed,
  cancelled,
}: Counts): boolean {
  return processing + completed > 0 && queued + uploading + failed + cancelled === 0;
}
