import { isFatal } from "../../client/errors.ts";
import type { Board } from "./board.ts";
import { isBoardOver } from "./is-over.ts";
import { PassingProblem } from "./passing-problem.ts";
import { Stillness } from "./stillness.ts";

const TICK_MS = 300;

/**
 * Follows whether a batch moves: for how long it doesn't, whether the bandwidth limit is the reason, and
 * problems that are over once it does. By a timer, as nothing else happens while nothing moves.
 *
 * @returns stops it
 */
export function followMovement(board: Board): () => void {
  const stillness = new Stillness(board.stillness);
  const problem = new PassingProblem(board.problem);
  const timer = setInterval(() => {
    const now = performance.now();
    const hasMoved = stillness.sample(progressOf(board), isWaiting(board), now);
    board.isLimited.value = board.view.isLimited === true;
    problem.sample({ hasMoved, mayPass: mayPass(board) }, now);
  }, TICK_MS);
  return () => clearInterval(timer);
}

/** Returns a text that differs from the last one if something has moved. */
function progressOf({ ledger, counts, listedCount }: Board): string {
  const { totals, sentBytesTotal } = ledger;
  // Files that are found, declared, stored, refused or cancelled count as well as bytes.
  const { completed, failed, cancelled } = counts.peek();
  const amounts = [totals.receivedBytes, sentBytesTotal, completed, failed, cancelled];
  return `${totals.files} ${amounts.join(" ")} ${listedCount.peek()}`;
}

/** True if something should move. The sender's page knows whether more files come, and viewers don't. */
function isWaiting(board: Board): boolean {
  const { queued, uploading } = board.counts.peek();
  const mayGetMore = board.view.running === undefined && board.fileCount.peek() > 0;
  if (board.view.batch?.state === "paused" || isBoardOver(board)) return false;
  return queued + uploading > 0 || mayGetMore;
}

/** True if the problem is that of one action: others go on, and no retry is offered. */
function mayPass({ problem, retryAdding, view }: Board): boolean {
  const code = problem.peek()?.code;
  const hasEnded = code !== undefined && isFatal(code);
  return !hasEnded && retryAdding.peek() === null && view.running !== false;
}
