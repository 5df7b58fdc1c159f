import type { ComponentChildren } from "preact";
import { language, words } from "../i18n/index.ts";
import { TopHeading } from "./heading.tsx";
import { usePreservedFocus } from "./use-preserved-focus.ts";

/** Below the title of the page around it. */
const DEFAULT_HEADING = 2;

interface FrameProps {
  /** Level of the highest heading within, 1 to 6. */
  headingLevel?: number;
  children: ComponentChildren;
}

/** What holds Tallyman's components in somebody else's page. Its language may be another one than the page's. */
export function Frame({ headingLevel = DEFAULT_HEADING, children }: FrameProps) {
  const root = usePreservedFocus<HTMLDivElement>();
  return (
    <div class="tallyman" part="base" lang={language.locale} dir={words.direction} ref={root}>
      <TopHeading.Provider value={headingLevel}>{children}</TopHeading.Provider>
    </div>
  );
}
