import type {
  Admission,
  MultipartCompletion,
  PartAdmission,
  RecordedPart,
  SingleFileDetails,
} from "../../durable-objects/index.ts";
import { completionEvents } from "../../durable-objects/index.ts";
import type { BatchClient } from "../batches/batch-client.ts";
import { ProblemError } from "../http/problem.ts";
import type { BodyReader } from "../http/request-body.ts";
import { checksumMismatch } from "../http/storage-problem.ts";
import { isUploadGone } from "../../storage/errors.ts";
import {
  abortMultipart,
  completeMultipart,
  createMultipart,
  uploadPart,
} from "../../storage/multipart.ts";
import type { MultipartUpload } from "../../storage/keys.ts";
import { HashingStream } from "../streams/hashing-stream.ts";
import { inspect } from "./inspect.ts";
import { reportFailure, type UploadContext, sizeMismatch } from "./upload.ts";
import { acceptedType } from "./media-type.ts";

/** One part of a file, as a request brings it. */
interface IncomingPart {
  /** 1, 2, 3, … */
  number: number;
  body: BodyReader;
  /** As `Content-Length` says. */
  length: number;
  /** Hex SHA-256 that the bytes must have. */
  digest: string | null;
}

/**
 * Takes in one part of a file; the one that completes the set stores the file. What goes wrong with
 * a part does not fail its file: the part is to be sent again. Only a first part that is of a type
 * that the batch does not take fails the file.
 *
 * @throws ProblemError `type_refused`, `size_mismatch`, `checksum_mismatch`, `storage_failed`
 */
export async function receivePart(
  intake: UploadContext,
  admission: PartAdmission,
  part: IncomingPart,
): Promise<SingleFileDetails> {
  const { isStored, bytes } = admission;
  if (!isStored && part.length !== bytes) throw sizeMismatch(bytes, part.length);
  const receipt = isStored ? null : await storeAndReport(intake, admission, part);
  const completion = receipt ? receipt.completion : admission.completion;
  if (receipt && !completion) return receipt.file;
  await completeFile(intake, completion);
  return intake.batch.file(admission.file.id);
}

/** Stores the part, and reports its bytes as they come; null where it is there already. */
async function storeAndReport(
  intake: UploadContext,
  admission: PartAdmission,
  part: IncomingPart,
): Promise<RecordedPart | null> {
  const { batch, reporter, upload } = intake;
  const { file } = admission;
  const stream = new HashingStream(part.body);
  if (file.row[1] === "failed") reporter.add({ event: "retried", file: file.id });
  reporter.add({ event: "partStarted", file: file.id, upload });
  try {
    const multipart = admission.multipart ?? (await openMultipart(intake, admission));
    const stored = await storePart(intake, admission, { ...part, stream, multipart });
    return await batch.recordPart(file.id, stored, await reporter.takePending());
  } catch (error) {
    // Of the wrong type is the whole file, and not this part of it.
    if (isTypeRefused(error)) reportFailure(intake, file, error);
    else reporter.add({ event: "interrupted", file: file.id, upload });
    await reporter.flush();
    if (await isThere(batch, file.id, part.number)) return null;
    throw error;
  }
}

function isTypeRefused(error: unknown): boolean {
  return error instanceof ProblemError && error.code === "type_refused";
}

/** R2 takes no part that it has put together meanwhile: whoever sends it twice need not know. */
async function isThere(batch: BatchClient, file: number, part: number): Promise<boolean> {
  const admission = await batch.admitPart(file, part);
  return admission.isStored || admission.file.decision === "have";
}

async function openMultipart(
  { bucket, batch }: UploadContext,
  { file }: PartAdmission,
): Promise<MultipartUpload> {
  const storing = { file, type: file.type || "application/octet-stream" };
  const opened = await createMultipart(bucket, storing);
  const chosen = await batch.registerMultipart(file.id, opened).catch(async (error: unknown) => {
    // What the batch does not know of nobody would give up. Should it know after all, the next part
    // finds that R2 does not.
    await abortMultipart(bucket, opened).catch(() => undefined);
    throw error;
  });
  if (chosen !== null) return chosen;
  throw new ProblemError("file_cancelled", "Stop sending the file: it is no longer wanted.");
}

async function storePart(
  { bucket, reporter, upload }: UploadContext,
  { file }: PartAdmission,
  part: IncomingPart & { stream: HashingStream; multipart: MultipartUpload },
) {
  const { number, length, stream, multipart } = part;
  const onError = (error: unknown): never => {
    if (isUploadGone(error)) {
      reporter.add({ event: "multipartGone", file: file.id, id: multipart.id });
    }
    throw error;
  };
  const properties = number === 1 ? await findingsOf(stream, file) : undefined;
  const { result, sha256 } = await stream.pipe(
    length,
    (passing) => uploadPart(bucket, multipart, number, passing).catch(onError),
    (receivedBytes) => {
      reporter.add({ event: "receiving", file: file.id, upload, receivedBytes });
    },
  );
  // What R2 holds now is replaced when the part is sent again.
  if (part.digest !== null && part.digest !== sha256) throw checksumMismatch();
  const { etag } = result;
  const stored = { number, multipartId: multipart.id, etag, sha256, bytes: length, upload };
  return properties ? { ...stored, properties } : stored;
}

async function findingsOf(stream: HashingStream, file: Admission) {
  const head = await stream.head();
  return inspect(head, await acceptedType(head, file));
}

/** Stores the file whose parts are all there; nothing where it is somebody else's to do. */
async function completeFile(
  { bucket, batch, reporter }: UploadContext,
  completion: MultipartCompletion | null,
): Promise<void> {
  if (!completion) return;
  try {
    const etag = await completeMultipart(bucket, completion.multipart, completion);
    reporter.add(...completionEvents(completion, etag));
    await reporter.flush();
  } catch (error) {
    await batch.releaseCompletion(completion.file);
    throw error;
  }
}

export function partNotFound(part: number): ProblemError {
  return new ProblemError("part_not_found", `Ask for the file's parts: it has no part ${part}.`);
}
