import { createContext, type ComponentChildren } from "preact";
import { useContext } from "preact/hooks";

const TAGS = ["h1", "h2", "h3", "h4", "h5", "h6"] as const;

/** The level of the highest heading (1 to 6): 1 on a page of its own, more within somebody else's. */
export const TopHeading = createContext(1);

/** The role of a part that has a name: no landmark of somebody else's page, where there may be many. */
export function usePartRole(): "region" | "group" {
  return useContext(TopHeading) === 1 ? "region" : "group";
}

interface HeadingProps {
  /** Levels below the highest; none unless told. */
  below?: number;
  class: string;
  children: ComponentChildren;
}

/** A heading whose level fits where it is shown. */
export function Heading({ below = 0, class: className, children }: HeadingProps) {
  const Tag = TAGS[useContext(TopHeading) + below - 1] ?? "h6";
  return <Tag class={className}>{children}</Tag>;
}
