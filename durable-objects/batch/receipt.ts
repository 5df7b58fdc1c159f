import { partLayout, type ReceiptFile } from "../../protocol/index.ts";
import { type FileRecord, hasNoParts, isStored } from "./file.ts";
import { partDigests } from "./parts.ts";
import { notCompleted, ok, type Result } from "./refusals.ts";
import type { Tally } from "./tally.ts";
import type { OpenBatch } from "./transaction.ts";
import { type FileDetails, fileDetails, selectFiles, timestamp } from "./views.ts";

/** The line of a file; the Worker computes its digest from those of its parts, if it has `digests`. */
export interface ReceiptLine extends ReceiptFile {
  /** Hex SHA-256 of each part, in order of their numbers. */
  digests?: string[];
}

/** One page of a completed batch's receipt. */
export interface ReceiptPage {
  /** The rev of the receipt. Pages with the same one are of the same receipt. */
  rev: number;
  completedAt: string;
  files: ReceiptLine[];
  /** The `after` of the next page; null on the last page. */
  next: number | null;
}

/** Returns a page of a completed batch's receipt, without cancelled files. */
export function receiptPage(
  batch: OpenBatch,
  page: { after: number; limit: number },
): Result<ReceiptPage> {
  const { tally } = batch;
  const { completedAt } = tally.batch;
  if (tally.state !== "completed" || completedAt === null) return notCompleted(tally);
  const { ids, more } = selectFiles(tally.files, ({ state }) => state !== "cancelled", page);
  return ok({
    rev: receiptRev(tally),
    completedAt: timestamp(completedAt),
    files: fileDetails(batch, ids).map((file) => lineOf(batch, file)),
    next: more ? (ids.at(-1) ?? null) : null,
  });
}

/**
 * Returns the rev of the last change that the receipt shows: the end of the batch, or the deletion of a
 * file since. Other changes of the batch, such as another name, leave its receipt as it was.
 */
function receiptRev({ batch, files }: Tally): number {
  // An earlier version did not store the rev of the end.
  const end = batch.completedRev ?? batch.rev;
  return files.reduce((latest, { rev }) => Math.max(latest, rev), end);
}

function lineOf({ tally, store }: OpenBatch, details: FileDetails): ReceiptLine {
  const { id, name, path, size, type, state, error } = details;
  const record = tally.files[id];
  return {
    id,
    path: path ?? name,
    size,
    ...(record && isStored(record) && digestOf(record, () => partDigests(id, store))),
    type,
    state: state === "completed" ? state : "failed",
    ...(error && { error }),
  };
}

function digestOf(
  file: FileRecord,
  digests: () => Record<string, string>,
): Pick<ReceiptLine, "sha256" | "partsDigest" | "partBytes" | "digests"> {
  const { sha256, partsDigest, size } = file;
  if (sha256 !== undefined) return { sha256 };
  // Records of parts that are left are not those of the object.
  if (hasNoParts(file)) return {};
  const { partBytes, count } = partLayout(size);
  if (typeof partsDigest === "string") return { partsDigest, partBytes };
  // An earlier version of the Worker has completed the file.
  const all = Object.values(digests());
  return all.length === count ? { partBytes, digests: all } : {};
}
