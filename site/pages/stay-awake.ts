import { type ReadonlySignal, useSignalEffect } from "@preact/signals";

/** Keeps the screen on while `isRunning`: a phone that goes to sleep stops sending. */
export function StayAwake({ isRunning }: { isRunning: ReadonlySignal<boolean> }) {
  useSignalEffect(() => (isRunning.value ? keepScreenOn() : undefined));
  return null;
}

/** @returns lets the screen go dark again */
function keepScreenOn(): () => void {
  const ending = new AbortController();
  const { signal } = ending;
  const ask = async (): Promise<void> => {
    const lock = await screenLock();
    if (signal.aborted) return void lock?.release();
    signal.addEventListener("abort", () => void lock?.release());
  };
  // The browser takes the lock back whenever the page is out of sight.
  document.addEventListener("visibilitychange", () => void ask(), { signal });
  void ask();
  return () => ending.abort();
}

/** Null where it is not to be had: on an old browser, out of sight, with an empty battery. */
async function screenLock(): Promise<WakeLockSentinel | null> {
  if (!("wakeLock" in navigator) || document.hidden) return null;
  try {
    return await navigator.wakeLock.request("screen");
  } catch {
    return null;
  }
}
