/** Calls `wake` at whatever ends a sleep early, unless `until` is aborted before. */
type Alarm = (wake: () => void, until: AbortSignal) => void;

/** Resolves after `ms`, or when the alarm rings; throws the signal's reason when aborted. */
export function sleep(ms: number, signal: AbortSignal, alarm?: Alarm): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const waking = new AbortController();
    const end = (settle: () => void) => {
      clearTimeout(timer);
      waking.abort();
      settle();
    };
    const timer = setTimeout(() => end(resolve), ms);
    alarm?.(() => end(resolve), waking.signal);
    const stop = () => end(() => reject(signal.reason));
    signal.addEventListener("abort", stop, { once: true, signal: waking.signal });
  });
}
