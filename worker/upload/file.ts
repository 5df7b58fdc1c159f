import type { Admission } from "../../durable-objects/index.ts";
import { ProblemError } from "../http/problem.ts";
import type { BodyReader } from "../http/request-body.ts";
import { reportFailure, type UploadContext, storeBytes, sizeMismatch } from "./upload.ts";
import { receiveWholeFile } from "./whole-file.ts";

/** A file that is its request's whole body. */
interface SingleFile {
  body: BodyReader;
  /** As `Content-Length` says. */
  length: number;
  /** Hex SHA-256 that the bytes must have. */
  digest: string | null;
}

/**
 * Takes in a request's body as one file, and resolves when the tally holds what became of it.
 *
 * @throws ProblemError why the file failed
 */
export async function receiveSingleFile(
  intake: UploadContext,
  file: Admission,
  { body, length, digest }: SingleFile,
): Promise<void> {
  try {
    if (length !== file.size) throw refuse(intake, file, length);
    if (length > 0) await receiveWholeFile(intake, file, body, digest);
    else await receiveEmptyFile(intake, file, digest);
  } finally {
    await intake.reporter.flush();
  }
}

function refuse(intake: UploadContext, file: Admission, length: number): ProblemError {
  const problem = sizeMismatch(file.size, length);
  reportFailure(intake, file, problem);
  return problem;
}

async function receiveEmptyFile(intake: UploadContext, file: Admission, digest: string | null) {
  const problem = await storeBytes(intake, file, new Uint8Array(), digest);
  if (problem) throw ProblemError.from(problem);
}
