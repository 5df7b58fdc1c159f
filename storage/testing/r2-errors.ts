/** R2's own words and codes: the Worker knows an error by its code, which stands in the message only. */
const R2_ERRORS = {
  tooMany: "Reduce your concurrent request rate for the same object. (10058)",
  internal: "We encountered an internal error. Please try again. (10001)",
  badDigest: "The SHA-256 checksum you specified did not match what we received. (10037)",
  noSuchUpload: "The specified multipart upload does not exist. (10024)",
  invalidPart: "One or more of the specified parts could not be found. (10025)",
  unequalParts: "All non-trailing parts must have the same length. (10048)",
} as const;

/** What R2 throws where a call fails so. */
export function r2Error(call: string, error: keyof typeof R2_ERRORS): Error {
  return new Error(`${call}: ${R2_ERRORS[error]}`);
}
