import { type ReadonlySignal, useSignalEffect } from "@preact/signals";

/** Keeps the screen on while `isRunning`, as a sleeping phone stops uploading. */
export function StayAwake({ isRunning }: { isRunning: ReadonlySignal<boolean> }) {
  useSignalEffect(() => (isRunning.value ? keepScreenOn() : undefined));
  return null;
}

/** @returns lets the screen turn off again */
function keepScreenOn(): () => void {
  const stopping = new AbortController();
  const { signal } = stopping;
  const request = async (): Promise<void> => {
    const lock = await requestWakeLock();
    if (signal.aborted) return void lock?.release();
    signal.addEventListener("abort", () => void lock?.release());
  };
  // Browsers release the lock whenever the page is hidden.
  document.addEventListener("visibilitychange", () => void request(), { signal });
  void request();
  return () => stopping.abort();
}

/** Returns null without a lock: in an old browser, a hidden page, or with a low battery. */
async function requestWakeLock(): Promise<WakeLockSentinel | null> {
  if (!("wakeLock" in navigator) || document.hidden) return null;
  try {
    return await navigator.wakeLock.request("screen");
  } catch {
    return null;
  }
}
