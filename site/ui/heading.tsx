import { createContext, type ComponentChildren } from "preact";
import { useContext } from "preact/hooks";

const TAGS = ["h1", "h2", "h3", "h4", "h5", "h6"] as const;

/** Level of the highest heading, 1 to 6: 1 on Tallyman's own page, more inside another page. */
export const TopHeading = createContext(1);

/** Returns the role of a named part. Inside another page it is no landmark, as there may be many. */
export function usePartRole(): "region" | "group" {
  return useContext(TopHeading) === 1 ? "region" : "group";
}

interface HeadingProps {
  /** Levels below the highest heading. */
  below?: number;
  class: string;
  children: ComponentChildren;
}

/** A heading with the level that fits the page around it. */
export function Heading({ below = 0, class: className, children }: HeadingProps) {
  const Tag = TAGS[useContext(TopHeading) + below - 1] ?? "h6";
  return <Tag class={className}>{children}</Tag>;
}
