import type { ComponentChildren } from "preact";
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

/** Contains Tallyman's components in another page, with its own language and heading levels. */
export function Frame({ headingLevel = DEFAULT_HEADING, children }: FrameProps) {
  const root = usePreservedFocus<HTMLDivElement>();
  return (
    <div class="tallyman" part="base" lang={language.locale} dir={words.direction} ref={root}>
      <TopHeading.Provider value={headingLevel}>{children}</TopHeading.Provider>
    </div>
  );
}
