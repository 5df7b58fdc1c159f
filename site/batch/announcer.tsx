import { useSignal, useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { Board } from "./board.ts";
import { milestone } from "./milestones.ts";
import { outcomeText } from "../i18n/outcome-text.ts";
import { words } from "../i18n/index.ts";

/** Says milestones to those who do not see the count: never every file. */
export function Announcer({ board }: { board: Board }) {
  const said = useSignal("");
  const before = useRef(board.bar.confirmed.peek());
  const failedBefore = useRef(board.counts.peek().failed);
  useSignalEffect(() => {
    const { failed, completed } = board.counts.value;
    const mark = milestone(before.current, board.bar.confirmed.value);
    if (mark !== null && !board.hasEnded.value) {
      said.value = words.milestones.percent(mark, completed, board.fileCount.value);
    } else if (failedBefore.current === 0 && failed > 0) {
      said.value = words.milestones.firstFailure;
    }
    before.current = board.bar.confirmed.value;
    failedBefore.current = failed;
  });
  useSignalEffect(() => {
    const added = board.isGrowing.value ? 0 : board.listedCount.value;
    if (added > 0) said.value = words.drop.added(added);
  });
  useSignalEffect(() => {
    const { failed } = board.counts.value;
    const failures = failed > 0 ? ` ${words.summary.failed(failed)}` : "";
    if (board.hasEnded.value) said.value = `${outcomeText(board)}${failures}`;
  });
  return (
    <p class="unseen" role="status">
      {said}
    </p>
  );
}
