import { useEffect } from "preact/hooks";

/** Functions that return true while the page has something that it would lose by a reload. */
const holders = new Set<() => boolean>();

/** True while a reload would lose files, or a question about them. */
export function hasUnsaved(): boolean {
  return [...holders].some((isHolding) => isHolding());
}

/** Keeps the page from reloading by itself while `isHolding` returns true. */
export function useUnsaved(isHolding: () => boolean): void {
  useEffect(() => {
    holders.add(isHolding);
    return () => void holders.delete(isHolding);
  }, [isHolding]);
}

/** Makes the browser ask before the page is left while `isRunning` returns true. */
export function LeaveGuard({ isRunning }: { isRunning: () => boolean }) {
  useUnsaved(isRunning);
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent): void => {
      if (isRunning()) event.preventDefault();
    };
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [isRunning]);
  return null;
}
