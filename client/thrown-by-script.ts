/**
 * True if a script that `load` imports has thrown this error: a bug. Such a script rejects each import with the
 * same error, and a failed request rejects with another one.
 */
export function isThrownByScript(load: () => Promise<unknown>, error: unknown): Promise<boolean> {
  return load().then(
    () => false,
    (next: unknown) => next === error,
  );
}
