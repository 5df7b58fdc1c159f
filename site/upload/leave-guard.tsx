import { useEffect } from "preact/hooks";

/** Has the browser ask before the page is left while `isRunning`. */
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
