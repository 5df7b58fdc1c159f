import { effect, type Signal, untracked, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo } from "preact/hooks";
import type * as Resume from "../resume/index.ts";
import type { ResumeController } from "../resume/resume-controller.ts";
import { parseResumeLink } from "../share/links.ts";
import { DroppedHandles } from "../upload/dropped-handles.ts";
import type { Uploads } from "../upload/uploads.ts";
import { resumeCode } from "./later-code.ts";

/** Resuming of batches, with its components. */
export interface ResumeModule {
  controller: ResumeController;
  parts: Omit<typeof Resume, "ResumeController">;
}

/** Loads the code for resuming after the page. Null until then; uploads also work without it. */
export function useResume(uploads: Uploads): ResumeModule | null {
  const resume = useSignal<ResumeModule | null>(null);
  const dropped = useMemo(() => new DroppedHandles(), []);
  useLayoutEffect(() => {
    if (parseResumeLink(location.hash) !== null) uploads.holdDuring(whenSet(resume));
  }, []);
  useEffect(() => {
    void resumeCode.load();
    return dropped.listen();
  }, []);
  useSignalEffect(() => {
    const parts = resumeCode.module.value;
    if (parts === null) return;
    const controller = untracked(() => new parts.ResumeController(uploads, dropped));
    resume.value = { controller, parts };
  });
  return resume.value;
}

/** Resolves once the signal isn't null. */
function whenSet(value: Signal): Promise<void> {
  return new Promise((resolve) => {
    effect(() => void (value.value !== null && resolve()));
  });
}
