import type { Admission, SingleFileDetails } from "../../durable-objects/index.ts";
import { isTransient } from "../../storage/errors.ts";
import { putObject } from "../../storage/objects.ts";
import { ProblemError } from "../http/problem.ts";
import type { BodyReader } from "../http/request-body.ts";
import { sizeMismatch } from "../http/size-problems.ts";
import { asProblem } from "../http/storage-problem.ts";
import { HashingStream, UnreadBody } from "../streams/hashing-stream.ts";
import { adoptUnreported, appearingObject, type FileToStore } from "./conflict.ts";
import { checkDigest, requiredDigest } from "./digest.ts";
import { acceptedType } from "./media-type.ts";
import type { Upload } from "./upload.ts";

/** A request body with one file, or one part of a file. */
export interface SingleBody {
  body: BodyReader;
  /** Hex SHA-256 that the body must have. */
  digest: string | null;
}

/**
 * Stores a request's body as a whole file.
 *
 * @returns the file as the tally has it
 * @throws ProblemError the error of the file
 */
export async function uploadFile(
  upload: Upload,
  file: Admission,
  content: SingleBody,
): Promise<SingleFileDetails> {
  try {
    await store(upload, file, content);
  } catch (error) {
    await upload.flush();
    if (!upload.isCompletedAnyway(file.id, asProblem(error)?.code)) throw error;
  }
  return upload.result(file.id);
}

async function store(upload: Upload, file: Admission, content: SingleBody): Promise<void> {
  try {
    checkAnnouncedLength(content.body, file.size);
    if (file.size > 0) return await storeStream(upload, file, content);
    await requireEmpty(content.body);
  } catch (error) {
    upload.fail(file, error);
    throw error;
  }
  const error = await upload.storeBytes(file, new Uint8Array(), content.digest);
  if (error) throw ProblemError.from(error);
}

/**
 * Checks the length that the request announces, if it does: a client that streams announces none.
 *
 * @throws ProblemError `size_mismatch`
 */
export function checkAnnouncedLength({ length }: BodyReader, size: number): void {
  if (length !== null && length !== size) throw sizeMismatch(size, length);
}

async function requireEmpty(body: BodyReader): Promise<void> {
  const { length } = await body.read(new Uint8Array(1));
  if (length > 0) throw sizeMismatch(0, null);
}

async function storeStream(
  upload: Upload,
  file: Admission,
  { body, digest }: SingleBody,
): Promise<void> {
  const stream = new HashingStream(body, file.size);
  // A large or slow file is uploading from the first moment: the event is sent if the rest takes long.
  upload.start(file);
  const required = requiredDigest(digest, file.sha256);
  const report = (bytes: number) => upload.progress(file, bytes);
  const head = await stream.head(report);
  const type = await acceptedType(head, file);
  const object = { file, type, ...(required !== null && { sha256: required }) };
  try {
    const {
      result: etag,
      sha256,
      crc32,
    } = await stream.pipe(
      (passing) => putObject(upload.bucket, object, passing, { isVerified: false }),
      report,
    );
    // R2 does not check the digest of a body for a key that is taken.
    checkDigest(sha256, required);
    await upload.finish(object, etag, { sha256, crc32, head, type });
  } catch (error) {
    if (!isTransient(error) && !(error instanceof UnreadBody)) throw error;
    await recoverStream(upload, object, error);
  }
}

/**
 * Completes a file whose stream R2 has not stored, as far as is known: it may have done so without a
 * response, or for another request.
 *
 * @throws `error` if R2 has no object of the file
 */
async function recoverStream(upload: Upload, object: FileToStore, error: unknown): Promise<void> {
  const { file } = object;
  const found = await appearingObject(upload.bucket, object);
  if (found === null) throw error;
  upload.hasStored(file.id, found);
  const stored = await adoptUnreported(upload.bucket, upload.batch, file);
  if (stored) upload.complete(file, stored);
}
