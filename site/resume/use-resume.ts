import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { DroppedHandles } from "../upload/dropped-handles.ts";
import type * as Room from "./index.ts";
import type { ResumeController } from "./resume-controller.ts";
import type { Uploads } from "../upload/uploads.ts";

/** Coming back to batches of earlier pages, and what shows it. */
export interface ResumeModule extends Omit<typeof Room, "Returning"> {
  controller: ResumeController;
}

/** Null until it is loaded, which is after the page is there. Where that fails, uploading goes on. */
export function useResume(uploads: Uploads): ResumeModule | null {
  const loaded = useSignal<ResumeModule | null>(null);
  useEffect(() => {
    const dropped = new DroppedHandles();
    const stop = dropped.listen();
    import("./index.ts")
      .then(({ Returning: Model, MissingFiles, OfferList, RecentBatches }) => {
        const controller = new Model(uploads, dropped);
        loaded.value = { MissingFiles, OfferList, RecentBatches, controller };
      })
      .catch(() => undefined);
    return stop;
  }, [uploads]);
  return loaded.value;
}
