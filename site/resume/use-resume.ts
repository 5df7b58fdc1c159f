import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { DroppedHandles } from "../upload/dropped-handles.ts";
import type * as Room from "./index.ts";
import type { Returning } from "./resume.ts";
import type { Uploads } from "../upload/uploads.ts";

/** Coming back to batches of earlier pages, and what shows it. */
export interface LoadedReturning extends Omit<typeof Room, "Returning"> {
  returning: Returning;
}

/** Null until it is loaded, which is after the page is there. Where that fails, uploading goes on. */
export function useReturning(uploads: Uploads): LoadedReturning | null {
  const loaded = useSignal<LoadedReturning | null>(null);
  useEffect(() => {
    const dropped = new DroppedHandles();
    const stop = dropped.listen();
    import("./index.ts")
      .then(({ Returning: Model, MissingFiles, OfferList, RecentBatches }) => {
        const returning = new Model(uploads, dropped);
        loaded.value = { MissingFiles, OfferList, RecentBatches, returning };
      })
      .catch(() => undefined);
    return stop;
  }, [uploads]);
  return loaded.value;
}
