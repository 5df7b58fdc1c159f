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
  /** Bytes that the server has confirmed. 100 only if every file is stored. */
  readonly confirmed = signal(0);
  /** Bytes handed to the network. Never less than `confirmed`. */
  readonly sent = signal(0);
  /** Files that have failed. */
  readonly failed = signal(0);
  /** Files that were cancelled. */
  readonly cancelled = signal(0);

  update(ledger: Pick<Ledger, "bytes" | "count" | "totals">, counts: Counts): void {
    const { all, received, sent, failed, cancelled } = amounts(knownBytes(ledger), counts);
    const most = isAllStored(counts) ? 100 : ALMOST_ALL;
    batch(() => {
      this.confirmed.value = Math.min(most, percentOf(received, all));
      this.sent.value = Math.min(most, percentOf(sent, all));
      this.failed.value = percentOf(failed, all);
      this.cancelled.value = percentOf(cancelled, all);
    });
  }
}

/** Returns the bytes of all files. Before a watcher has loaded their list, only the totals are known. */
export function knownBytes({
  count,
  totals,
  bytes,
}: Pick<Ledger, "bytes" | "count" | "totals">): Bytes {
  if (count >= totals.files) return bytes;
  const received = totals.receivedBytes;
  return { all: totals.bytes, received, sent: received, failed: 0, cancelled: 0 };
}

function amounts(bytes: Bytes, counts: Counts): Bytes {
  if (bytes.all > 0) return bytes;
  const { queued, uploading, processing, completed, failed, cancelled } = counts;
  const received = processing + completed;
  const all = received + queued + uploading + failed + cancelled;
  return { all, received, sent: received + uploading, failed, cancelled };
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
