import { fileError, type FileError, PROGRESS } from "../../protocol/index.ts";
import type { Admission } from "../../durable-objects/index.ts";
import type { BatchClient } from "../batches/batch-client.ts";
import { ProblemError } from "../http/problem.ts";
import { asProblem, checksumMismatch } from "../http/storage-problem.ts";
import { putObject } from "../../storage/objects.ts";
import { sha256Hex } from "./digest.ts";
import { HEAD_BYTES, inspect } from "./inspect.ts";
import type { UploadEvents } from "./events.ts";
import {
  type FileFindings,
  resolveConflict,
  type StoreOutcome,
  type FileToStore,
} from "./conflict.ts";
import { acceptedType } from "./media-type.ts";

/** One request's taking in of files: where they go and who is told. */
export interface UploadContext {
  bucket: R2Bucket;
  batch: BatchClient;
  /** Names this request in the tally: another one may come to send the same file. */
  upload: string;
  reporter: UploadEvents;
  /** The files of which it has reported that they are arriving. */
  begun: Set<number>;
}

/**
 * Takes in a file whose bytes are all here: checks them, stores them, finds out what they are, and
 * reports each stage. What goes wrong fails this file only, and is reported as well.
 *
 * @param digest hex SHA-256 that the bytes must have
 * @returns why the file failed, or null
 */
export async function storeBytes(
  intake: UploadContext,
  file: Admission,
  bytes: Uint8Array,
  digest: string | null,
): Promise<FileError | null> {
  reportProgress(intake, file, bytes.length);
  try {
    if (bytes.length !== file.size) throw sizeMismatch(file.size, bytes.length);
    const sha256 = await sha256Hex(bytes);
    if ([digest, file.sha256].some((wanted) => wanted && wanted !== sha256))
      throw checksumMismatch();
    const head = bytes.subarray(0, HEAD_BYTES);
    const type = await acceptedType(head, file);
    const storing = { file, type, sha256 };
    const etag = await putObject(intake.bucket, storing, bytes, { isVerified: true });
    reportStored(intake, file, await storedOnce(intake, storing, etag, { sha256, head, type }));
    return null;
  } catch (error) {
    return reportFailure(intake, file, error);
  }
}

/** Reports that a file is being sent; one that had failed is thereby tried again. */
export function reportStart(
  { begun, reporter, upload }: UploadContext,
  { id, row }: Admission,
): void {
  if (begun.has(id)) return;
  begun.add(id);
  if (row[1] === "failed") reporter.add({ event: "retried", file: id });
  reporter.add({ event: "started", file: id, upload });
}

/** Reports how much of a file has arrived. */
export function reportProgress(
  intake: UploadContext,
  file: Admission,
  receivedBytes: number,
): void {
  reportStart(intake, file);
  const { reporter, upload } = intake;
  reporter.add({ event: "receiving", file: file.id, upload, receivedBytes });
}

/**
 * @param etag as `putObject` has answered
 * @param found what passed on its way there
 */
export async function storedOnce(
  { bucket, batch }: UploadContext,
  storing: FileToStore,
  etag: string | null,
  found: FileFindings,
): Promise<StoreOutcome> {
  return etag === null ? resolveConflict(bucket, batch, storing, found) : { etag, ...found };
}

/** Reports that a file is stored, and what processing finds in its first bytes. */
export function reportStored(
  { reporter }: UploadContext,
  { id }: Admission,
  stored: StoreOutcome,
): void {
  if (stored === "stored before") return;
  const { etag, sha256, head, type } = stored;
  reporter.add(
    { event: "stored", file: id, etag, sha256 },
    { event: "processing", file: id, progress: PROGRESS.processing },
    { event: "completed", file: id, properties: inspect(head, type) },
  );
}

/** Reports that a file failed; of what was not foreseen, only that its upload broke off. */
export function reportFailure(
  { reporter, upload }: UploadContext,
  { id }: Admission,
  error: unknown,
): FileError {
  const problem = asProblem(error);
  if (!problem) {
    reporter.add({ event: "interrupted", file: id, upload });
    throw error;
  }
  const why = fileError(problem.code, problem.message);
  reporter.add({ event: "failed", file: id, upload, error: why });
  return why;
}

export function sizeMismatch(declared: number, arrived: number): ProblemError {
  return new ProblemError(
    "size_mismatch",
    `Send the file as it was declared, with ${declared} bytes: this has ${arrived}.`,
  );
}
