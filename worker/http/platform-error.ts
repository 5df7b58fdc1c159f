import { StorageError } from "../../storage/errors.ts";
import { ProblemError } from "./problem.ts";

/**
 * Parts of the messages of the platform's own errors, and the name of each in the log. Only some of them
 * have a property that tells them from an error of this code:
 * https://developers.cloudflare.com/durable-objects/observability/troubleshooting/
 */
const MESSAGES: readonly (readonly [part: RegExp, name: string])[] = [
  [/is overloaded/u, "overloaded"],
  [/too much load/u, "tooMuchLoad"],
  [/too many concurrent storage operations/u, "tooManyStorageOperations"],
  [/code was updated/u, "codeUpdated"],
  [/no longer active/u, "inactive"],
  [/network connection lost/iu, "connectionLost"],
  [/exceeded its memory limit/u, "memoryLimit"],
  [/exceeded its CPU time limit/u, "cpuLimit"],
  [/exceeded timeout which caused object to be reset/u, "storageTimeout"],
  [/transient issue on remote node/u, "unresolved"],
  [/^internal error/u, "internal"],
  // For some minutes of a deployment, an object runs the code from before.
  [/does not implement the method/u, "olderObject"],
];

/** The properties of the platform's errors: https://developers.cloudflare.com/durable-objects/best-practices/error-handling/ */
const PROPERTIES = ["overloaded", "durableObjectReset", "retryable"] as const;

/** Longest wait in seconds before a retry. Clients that failed together must not return together. */
const LONGEST_RETRY_S = 10;

/**
 * Returns the name of an error that the platform itself raised for a call to a Durable Object or to R2,
 * such as while it restarts an object with new code; null for any other error.
 */
export function platformErrorName(error: unknown): string | null {
  // A code of R2 says what R2 did. Without one, the call got no response.
  if (error instanceof StorageError)
    return error.failure === "unknown" ? nameOf(error.cause) : null;
  return nameOf(error);
}

function nameOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const known = MESSAGES.find(([part]) => part.test(error.message))?.[1];
  return known ?? PROPERTIES.find((name) => Reflect.get(error, name) === true) ?? null;
}

/** Returns the problem to report for such an error. */
export function platformBusy(): ProblemError {
  return new ProblemError(
    "busy",
    "The platform could not carry out a call for this request; retry after the time in Retry-After.",
    { retryAfter: 1 + Math.floor(Math.random() * LONGEST_RETRY_S) },
  );
}
