import { useComputed } from "@preact/signals";
import type { Board } from "../batch/board.ts";
import { shortText } from "../batch/hero-text.ts";

/** The hero in one line, while it is scrolled away. Screen readers find the hero itself. */
export function MastheadHero({ board }: { board: Board }) {
  const text = useComputed(() => (board.isHeroShown.value ? "" : shortText(board)));
  return (
    <p class="masthead-hero" aria-hidden="true">
      {text}
    </p>
  );
}
