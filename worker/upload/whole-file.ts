import type { Admission } from "../../durable-objects/index.ts";
import type { BodyReader } from "../http/request-body.ts";
import { putObject } from "../../storage/objects.ts";
import { HashingStream } from "../streams/hashing-stream.ts";
import {
  reportProgress,
  reportStart,
  reportFailure,
  reportStored,
  type UploadContext,
  storedOnce,
} from "./upload.ts";
import { acceptedType } from "./media-type.ts";

/**
 * Takes in a file as a stream.
 *
 * @param digest hex SHA-256 that the bytes must have
 * @throws ProblemError `type_refused`, `checksum_mismatch` or `storage_failed`, after it was reported of the file
 */
export async function receiveWholeFile(
  intake: UploadContext,
  file: Admission,
  body: BodyReader,
  digest: string | null,
): Promise<void> {
  const stream = new HashingStream(body);
  const wanted = digest ?? file.sha256;
  reportStart(intake, file);
  try {
    const head = await stream.head();
    const type = await acceptedType(head, file);
    const storing = { file, type, ...(wanted && { sha256: wanted }) };
    const { result: etag, sha256 } = await stream.pipe(
      file.size,
      (passing) => putObject(intake.bucket, storing, passing, { isVerified: false }),
      (bytes) => reportProgress(intake, file, bytes),
    );
    reportStored(intake, file, await storedOnce(intake, storing, etag, { sha256, head, type }));
  } catch (error) {
    reportFailure(intake, file, error);
    throw error;
  }
}
