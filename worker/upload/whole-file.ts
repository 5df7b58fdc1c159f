import type { Admission } from "../../durable-objects/index.ts";
import type { BodyReader } from "../http/request-body.ts";
import { putObject } from "../../storage/objects.ts";
import { BodyStream } from "../streams/hashing-stream.ts";
import { arriving, begin, fail, finish, type Intake, storedOnce } from "./upload.ts";
import { takenType } from "./media-type.ts";

/**
 * Takes in a file as a stream.
 *
 * @param digest hex SHA-256 that the bytes must have
 * @throws ProblemError `type_refused`, `checksum_mismatch` or `storage_failed`, after it was reported of the file
 */
export async function receiveWholeFile(
  intake: Intake,
  file: Admission,
  body: BodyReader,
  digest: string | null,
): Promise<void> {
  const stream = new BodyStream(body);
  const wanted = digest ?? file.sha256;
  begin(intake, file);
  try {
    const head = await stream.head();
    const type = await takenType(head, file);
    const storing = { file, type, ...(wanted && { sha256: wanted }) };
    const { result: etag, sha256 } = await stream.through(
      file.size,
      (passing) => putObject(intake.bucket, storing, passing, { isVerified: false }),
      (bytes) => arriving(intake, file, bytes),
    );
    finish(intake, file, await storedOnce(intake, storing, etag, { sha256, head, type }));
  } catch (error) {
    fail(intake, file, error);
    throw error;
  }
}
