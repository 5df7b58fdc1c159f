import { sleep } from "../sleep.ts";

/** How long to wait at least where the device says that it has no network. */
const OFFLINE_MS = 5000;

/** Calls back when the device's network comes, or goes. Pages are told so, Node is not. */
export function watchNetwork(
  event: "online" | "offline",
  tell: () => void,
  signal: AbortSignal,
): void {
  if ("addEventListener" in globalThis) globalThis.addEventListener(event, tell, { signal });
}

/**
 * Does the device say that it has no network? It may be wrong: a server on the device itself needs
 * none.
 */
export function isOffline(): boolean {
  // Node has a navigator that does not say.
  const { onLine = true }: Partial<Navigator> = "navigator" in globalThis ? navigator : {};
  return !onLine;
}

/**
 * Resolves after `ms`, or as soon as the network is back. Longer where the device says that it has
 * none. Throws the signal's reason when aborted.
 */
export function sleepOffline(ms: number, signal: AbortSignal): Promise<void> {
  const longer = isOffline() ? Math.max(ms, OFFLINE_MS) : ms;
  return sleep(longer, signal, (wake, until) => watchNetwork("online", wake, until));
}
