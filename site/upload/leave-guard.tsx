import { useEffect } from "preact/hooks";

/** Makes the browser ask before the page is left while `isRunning` returns true. */
export function LeaveGuard({ isRunning }: { isRunning: () => boolean }) {
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent): void => {
      if (isRunning()) event.preventDefault();
    };
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [isRunning]);
  return null;
}
