/**
 * R2's error codes, with the sentence that R2's documentation has for each
 * (https://developers.cloudflare.com/r2/api/error-codes). A Workers binding puts the code only into
 * the end of the error's message: `put: … (10037)`.
 */
export const R2_ERRORS = {
  /** Unspecified error. */
  0: "unspecified",
  /** We encountered an internal error. Please try again. */
  10001: "internal",
  /** The specified multipart upload does not exist: it was completed or aborted, or it expired. */
  10024: "noSuchUpload",
  /** One or more of the specified parts could not be found. */
  10025: "invalidPart",
  /** The SHA-256 checksum you specified did not match what we received. */
  10037: "checksumMismatch",
  /** Service temporarily unavailable. Please try again later. */
  10043: "unavailable",
  /** All non-trailing parts must have the same length. */
  10048: "unequalParts",
  /** Reduce your concurrent request rate for the same object: one write per second to a key. */
  10058: "rateLimited",
  /** Object is protected by a bucket lock rule and cannot be modified or deleted. */
  10069: "locked",
} as const;

/** The reason why a call to R2 failed; "unknown" for a code that is not in the table, or none. */
export type StorageFailure = (typeof R2_ERRORS)[keyof typeof R2_ERRORS] | "unknown";

/** The call that failed, by the name of R2's method. */
type StorageCall =
  | "put"
  | "get"
  | "head"
  | "list"
  | "delete"
  | "createMultipartUpload"
  | "uploadPart"
  | "complete"
  | "abort";

/** A failed call to R2. Its message is R2's, and its cause the error that R2's binding threw. */
export class StorageError extends Error {
  readonly call: StorageCall;
  readonly failure: StorageFailure;

  constructor(call: StorageCall, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = "StorageError";
    this.call = call;
    this.failure = failureOf(this.message);
  }
}

/**
 * Awaits a call to R2.
 *
 * @throws StorageError
 */
export async function storageCall<T>(call: StorageCall, result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    throw new StorageError(call, error);
  }
}

/** True if R2 no longer has the multipart upload: it was completed, aborted, or has expired. */
export function isUploadGone(error: unknown): boolean {
  return error instanceof StorageError && error.failure === "noSuchUpload";
}

/** Failures after which the same call may succeed. A call without a response has no code. */
const TRANSIENT: ReadonlySet<StorageFailure> = new Set([
  "unspecified",
  "internal",
  "unavailable",
  "rateLimited",
  "unknown",
]);

/** True if the same call to R2 may succeed a moment later. */
export function isTransient(error: unknown): boolean {
  return error instanceof StorageError && TRANSIENT.has(error.failure);
}

const FAILURES: Readonly<Record<string, StorageFailure>> = R2_ERRORS;

function failureOf(message: string): StorageFailure {
  const code = /.*\((\d+)\)/su.exec(message)?.[1] ?? "";
  return FAILURES[code] ?? "unknown";
}
