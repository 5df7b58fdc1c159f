import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { AnnouncedText, LiveRegion } from "../announce/live-region.tsx";
import { language, words } from "../i18n/box.ts";
import { TopHeading } from "./heading.tsx";
import { usePreservedFocus } from "./use-preserved-focus.ts";

/** One level below the page's title. */
const DEFAULT_HEADING = 2;

interface FrameProps {
  /** Level of the highest heading inside, 1 to 6. */
  headingLevel?: number;
  children: ComponentChildren;
}

/** Contains Tallyman's components in another page, with their own language, heading levels and announcements. */
export function Frame({ headingLevel = DEFAULT_HEADING, children }: FrameProps) {
  const root = usePreservedFocus<HTMLDivElement>();
  const announced = useSignal("");
  return (
    <div class="tallyman" part="base" lang={language.locale} dir={words.direction} ref={root}>
      <AnnouncedText.Provider value={announced}>
        <TopHeading.Provider value={headingLevel}>{children}</TopHeading.Provider>
        <LiveRegion />
      </AnnouncedText.Provider>
    </div>
  );
}
