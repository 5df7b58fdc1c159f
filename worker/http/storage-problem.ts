import { StorageError } from "../../storage/errors.ts";
import { ProblemError } from "./problem.ts";

/** Calls to R2 that change nothing. */
const READS: ReadonlySet<StorageError["call"]> = new Set(["get", "head", "list"]);

/** Returns the problem to report for an error: a ProblemError or StorageError; null for any other. */
export function asProblem(error: unknown): ProblemError | null {
  if (error instanceof ProblemError) return error;
  return error instanceof StorageError ? storageProblem(error) : null;
}

function storageProblem({ call, failure }: StorageError): ProblemError {
  if (failure === "checksumMismatch") return checksumMismatch();
  return new ProblemError("storage_failed", detailOf(call));
}

function detailOf(call: StorageError["call"]): string {
  if (call === "delete") return "R2 could not delete the files; the server tries again by itself.";
  if (READS.has(call)) return "R2 could not read the file; retry the request.";
  return "R2 could not store the file; send it again.";
}

export function checksumMismatch(): ProblemError {
  return new ProblemError(
    "checksum_mismatch",
    "The received bytes do not match the given SHA-256; send the file again.",
  );
}
