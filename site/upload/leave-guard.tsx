import { useEffect } from "preact/hooks";

/** The guards of everything on the page that sends files. */
const guards = new Set<() => boolean>();

/** True while the browser asks before the page is left. */
export function isSending(): boolean {
  return [...guards].some((isRunning) => isRunning());
}

/** Makes the browser ask before the page is left while `isRunning` returns true. */
export function LeaveGuard({ isRunning }: { isRunning: () => boolean }) {
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent): void => {
      if (isRunning()) event.preventDefault();
    };
    addEventListener("beforeunload", ask);
    guards.add(isRunning);
    return () => {
      removeEventListener("beforeunload", ask);
      guards.delete(isRunning);
    };
  }, [isRunning]);
  return null;
}
