/**
 * Returns a signal that aborts with the first of `signals`, and with its reason.
 *
 * Browsers have `AbortSignal.any` since Chrome 116, Firefox 124 and Safari 17.4, which is later than the
 * rest of what this client needs. Without it, a listener stays on each signal that never aborts.
 */
export function anySignal(signals: readonly AbortSignal[]): AbortSignal {
  if ("any" in AbortSignal) return AbortSignal.any([...signals]);
  const first = new AbortController();
  for (const signal of signals) {
    const abort = (): void => first.abort(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { signal: first.signal });
  }
  return first.signal;
}
