/**
 * Throws a bug's error as an uncaught one. Thrown to the caller, it would end what else that does, and
 * its state would never be reported.
 */
export function surface(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
