/** Shortest wait while the device reports no network, in milliseconds. */
const OFFLINE_MS = 5000;

/** Calls `listener` when the device's network comes or goes. Never called in Node, which has no such event. */
export function watchNetwork(
  event: "online" | "offline",
  listener: () => void,
  signal: AbortSignal,
): void {
  if ("addEventListener" in globalThis) globalThis.addEventListener(event, listener, { signal });
}

/**
 * True if the device reports that it has no network. The report can be wrong: a server on the same
 * device needs no network.
 */
export function isOffline(): boolean {
  // Node has a navigator without onLine.
  const { onLine = true }: Partial<Navigator> = "navigator" in globalThis ? navigator : {};
  return !onLine;
}

/** Registers `wake` to end a sleep early, until `until` aborts. */
type WakeSource = (wake: () => void, until: AbortSignal) => void;

/** Resolves after `ms`, or earlier when `wakeSource` says so. Rejects with the signal's reason. */
export function sleep(ms: number, signal: AbortSignal, wakeSource?: WakeSource): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const sleeping = new AbortController();
    const end = (settle: () => void) => {
      clearTimeout(timer);
      sleeping.abort();
      settle();
    };
    const timer = setTimeout(() => end(resolve), ms);
    wakeSource?.(() => end(resolve), sleeping.signal);
    const stop = () => end(() => reject(signal.reason));
    signal.addEventListener("abort", stop, { once: true, signal: sleeping.signal });
  });
}

/**
 * Resolves after `ms`, or as soon as the network is back. While the device reports no network, waits
 * for at least five seconds. Rejects with the signal's reason.
 */
export function sleepUntilOnline(ms: number, signal: AbortSignal): Promise<void> {
  const longer = isOffline() ? Math.max(ms, OFFLINE_MS) : ms;
  return sleep(longer, signal, (wake, until) => watchNetwork("online", wake, until));
}

/** Resolves or rejects with `promise`, or rejects with the signal's reason if that comes first. */
export function untilAborted<Result>(
  promise: Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  const settled = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    signal.throwIfAborted();
    signal.addEventListener("abort", () => reject(signal.reason), { signal: settled.signal });
  });
  return Promise.race([promise, aborted]).finally(() => settled.abort());
}
