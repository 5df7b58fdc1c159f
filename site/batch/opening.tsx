import type { ComponentChildren } from "preact";
import { words } from "../i18n/box.ts";
import { Heading } from "../ui/heading.tsx";

interface OpeningProps {
  /** True if the batch can't be shown. */
  isBroken: boolean;
  /** The problem, if there is one. */
  children?: ComponentChildren;
}

/** Shown in place of a batch that has not loaded yet. */
export function Opening({ isBroken, children }: OpeningProps) {
  return (
    <>
      <Heading class="page-title">
        {isBroken ? words.opening.unavailable : words.opening.loading}
      </Heading>
      {children}
    </>
  );
}
