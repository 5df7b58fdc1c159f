import { useEffect } from "preact/hooks";
import type { Cancellations } from "./cancellations.ts";

/** Tells the server about cancelled files when the page is closed. */
export function useTellOnClose(cancellations: Cancellations): void {
  useEffect(() => {
    const tell = (): void => cancellations.flush();
    addEventListener("pagehide", tell);
    return () => removeEventListener("pagehide", tell);
  }, [cancellations]);
}
