import { R2_ERRORS, type StorageFailure } from "../errors.ts";

/** R2's messages. Only the code at the end matters to the code under test. */
const MESSAGES: Readonly<Record<Exclude<StorageFailure, "unknown">, string>> = {
  unspecified: "Unspecified error",
  internal: "We encountered an internal error. Please try again.",
  noSuchUpload: "The specified multipart upload does not exist.",
  invalidPart: "One or more of the specified parts could not be found.",
  checksumMismatch: "The SHA-256 checksum you specified did not match what we received.",
  unavailable: "Service temporarily unavailable. Please try again later.",
  unequalParts: "All non-trailing parts must have the same length.",
  locked: "The object is protected by a bucket lock rule.",
  rateLimited: "Reduce your concurrent request rate for the same object.",
};

/** Returns the error that R2's binding throws. */
export function r2Error(call: string, failure: keyof typeof MESSAGES): Error {
  const [code] = Object.entries(R2_ERRORS).find(([, name]) => name === failure) ?? [];
  return new Error(`${call}: ${MESSAGES[failure]} (${code})`);
}
