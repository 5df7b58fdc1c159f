import {
  type Admission,
  completionEvents,
  type FileEvent,
  type PartAdmission,
  type RecordedPart,
  type SingleFileDetails,
  type StoredPart,
} from "../../durable-objects/index.ts";
import { isUploadGone } from "../../storage/errors.ts";
import type { MultipartUpload } from "../../storage/keys.ts";
import { abortMultipart, createMultipart, uploadPart as putPart } from "../../storage/multipart.ts";
import { findObject } from "../../storage/objects.ts";
import { retryTransient } from "../../storage/retry.ts";
import { endedMeanwhile } from "../batches/reopening.ts";
import { ProblemError } from "../http/problem.ts";
import { HashingStream } from "../streams/hashing-stream.ts";
import { completeFile } from "./completion.ts";
import { checkDigest } from "./digest.ts";
import { checkAnnouncedLength, type SingleBody } from "./file.ts";
import { acceptedType, fileProperties } from "./media-type.ts";
import type { Upload } from "./upload.ts";
import { UNKNOWN_TYPE } from "../../protocol/index.ts";

/** One part of a file. */
interface IncomingPart extends SingleBody {
  /** 1, 2, 3, … */
  number: number;
}

/**
 * Stores one part of a file. The request with the last missing part completes the file. An error of a
 * part does not fail its file, as the part can be sent again; only a first part of a refused type does.
 *
 * @returns the file as the tally has it
 * @throws ProblemError `type_refused`, `size_mismatch`, `checksum_mismatch`, `storage_failed`
 */
export async function uploadPart(
  upload: Upload,
  admission: PartAdmission,
  part: IncomingPart,
): Promise<SingleFileDetails> {
  const { isStored, bytes, completion } = admission;
  if (!isStored) checkAnnouncedLength(part.body, bytes);
  const recorded = isStored ? { completion } : await storeAndRecord(upload, admission, part);
  if (recorded.completion) return completeFile(upload, recorded.completion);
  return recorded.file ?? upload.batch.file(admission.file.id);
}

/** The file is absent if another request has stored the part. */
type StoredAnyhow = Pick<RecordedPart, "completion"> & Partial<RecordedPart>;

/** Stores the part and records it in the batch, unless another request does that. */
async function storeAndRecord(
  upload: Upload,
  admission: PartAdmission,
  part: IncomingPart,
): Promise<StoredAnyhow> {
  const { batch, events } = upload;
  const { id, row, reopening } = admission.file;
  const reopens = reopening?.end;
  if (row[1] === "failed") events.add({ event: "retried", file: id, upload: upload.id, reopens });
  events.add({ event: "partStarted", file: id, upload: upload.id });
  try {
    const multipart = admission.multipart ?? (await openMultipart(upload, admission.file, part));
    const stored = await storePart(upload, admission, part, multipart);
    return await batch.recordPart(id, stored, await events.takePending());
  } catch (error) {
    // A refused type is an error of the whole file.
    if (isTypeRefused(error)) upload.fail(admission.file, error);
    else upload.interrupt(id);
    await events.flush();
    // R2 refuses parts of a multipart upload that another request has completed in the meantime.
    const { isStored, file, completion } = await batch.admitPart(id, part.number);
    if (isStored || file.decision === "have") return { completion };
    throw error;
  }
}

function isTypeRefused(error: unknown): boolean {
  return error instanceof ProblemError && error.code === "type_refused";
}

async function openMultipart(
  { bucket, batch }: Upload,
  file: Admission,
  part: IncomingPart,
): Promise<MultipartUpload> {
  const object = { file, type: file.type || UNKNOWN_TYPE };
  const created = await retryTransient(() => createMultipart(bucket, object));
  const registered = await batch
    .registerMultipart(file.id, { ...created, reopens: file.reopening?.end })
    .catch(async (error: unknown) => {
      // Only the response may be lost, and then other requests may have stored their parts.
      const admission = await batch.admitPart(file.id, part.number).catch(() => null);
      if (admission?.multipart?.id === created.id) return created;
      // The batch cannot clean up an upload that it does not know.
      await abortMultipart(bucket, created).catch(() => undefined);
      throw error;
    });
  if (registered !== null) return registered;
  const { file: now } = await batch.admitPart(file.id, part.number);
  if (now.reopening) throw endedMeanwhile();
  const detail = `File ${file.id} no longer accepts parts; stop sending it.`;
  throw new ProblemError("file_cancelled", detail);
}

async function storePart(
  upload: Upload,
  { file, bytes }: PartAdmission,
  part: IncomingPart,
  multipart: MultipartUpload,
): Promise<StoredPart> {
  const { bucket, events } = upload;
  const { number, digest } = part;
  const stream = new HashingStream(part.body, bytes);
  const report = (receivedBytes: number) =>
    events.add({ event: "receiving", file: file.id, upload: upload.id, receivedBytes });
  const properties = number === 1 ? await detectProperties(stream, file, report) : undefined;
  const { result, ...digests } = await stream.pipe(
    (passing) =>
      putPart(bucket, multipart, number, passing).catch(async (error: unknown) => {
        if (isUploadGone(error)) events.add(...(await goneEvents(upload, file, multipart)));
        throw error;
      }),
    report,
  );
  // Sending the part again replaces the stored one.
  checkDigest(digests.sha256, digest);
  const { etag } = result;
  const stored = { number, multipartId: multipart.id, etag, ...digests, bytes };
  return { ...stored, upload: upload.id, ...(properties && { properties }) };
}

/**
 * Returns the events of a multipart upload that R2 does not have. R2 may have completed it late, after
 * the batch has requested some of its parts again.
 */
async function goneEvents(
  { bucket }: Upload,
  { id: file, size }: Admission,
  multipart: MultipartUpload,
): Promise<FileEvent[]> {
  const object = await retryTransient(() => findObject(bucket, multipart.key));
  if (object?.size !== size) return [{ event: "multipartGone", file, id: multipart.id }];
  const completed = { etag: object.etag, isFound: true, isOpen: false };
  return completionEvents(bucket, { file, size, multipart }, completed);
}

async function detectProperties(
  stream: HashingStream,
  file: Admission,
  report: (receivedBytes: number) => void,
) {
  const head = await stream.head(report);
  return fileProperties(head, await acceptedType(head, file));
}

export function partNotFound(part: number): ProblemError {
  const detail = `The file has no part ${part}; see \`parts\` of the file for their count.`;
  return new ProblemError("part_not_found", detail);
}
