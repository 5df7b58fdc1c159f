import { useContext } from "preact/hooks";
import { TallyField } from "../tally/tally-field.tsx";
import type { Board } from "./board.ts";
import { PageExtras } from "./page-extras.ts";

/** All files of a batch in one picture: the page's own, or tally strokes. */
export function Picture({ board }: { board: Board }) {
  const Shown = useContext(PageExtras)?.Picture ?? TallyField;
  return <Shown board={board} />;
}
