import { untracked, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type * as Resume from "../resume/index.ts";
import type { ResumeController } from "../resume/resume-controller.ts";
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
