import { afterEach, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import type { BatchView, ClientProblem } from "../../client/index.ts";
import type { Ledger } from "../../client/ledger.ts";
import type { BatchResource, FileState } from "../../protocol/index.ts";
import { NO_FILES, ZERO_TOTALS } from "../../protocol/index.ts";
import { boardOf, ledgerOf, resourceOf } from "../list/testing/boards.ts";
import type { Board } from "./board.ts";
import { liveFacts, liveState } from "./live-state.ts";
import { followMovement } from "./movement.ts";

const FAILED: ClientProblem = { code: "internal_error", detail: "" };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Returns a ledger of two files in these states. */
function files(...states: [FileState, FileState]): Ledger {
  const ledger = ledgerOf("a", "b");
  const counts = { ...NO_FILES };
  for (const [id, state] of states.entries()) {
    counts[state] += 1;
    ledger.apply([id, state, state === "completed" ? 100 : 0, 0, null], 2);
  }
  ledger.setTotals({ ...ZERO_TOTALS, ...counts, files: 2, bytes: 20 }, 0, 2);
  return ledger;
}

/** Follows a batch that is live. */
function follow(ledger: Ledger, batch: Partial<BatchResource>, view: Partial<BatchView>): Board {
  const resource = resourceOf(ledger, batch);
  const board = boardOf(ledger, { connection: "live", batch: resource, ...view });
  onTestFinished(followMovement(board));
  return board;
}

function stateAfter(board: Board, seconds: number): string | null {
  vi.advanceTimersByTime(seconds * 1000);
  return liveState(liveFacts(board));
}

it("tells viewers of an unsealed batch that nothing arrives, even if all its files are stored", () => {
  const uploaderGone = new Date(Date.now() - 60_000).toISOString();
  const stored = files("completed", "completed");
  expect(stateAfter(follow(stored, { sealed: false }, {}), 12)).toBe("quiet");
  expect(stateAfter(follow(stored, { sealed: false, uploaderGone }, {}), 1)).toBe("gone");
  expect(stateAfter(follow(stored, { sealed: true }, {}), 12)).toBe(null);
});

it("says that the limit holds files back only while it does", () => {
  const view = { running: true, isLimited: true };
  const board = follow(files("queued", "queued"), {}, view);
  expect(stateAfter(board, 12)).toBe("limited");
  Object.assign(board.view, { isLimited: false });
  expect(stateAfter(board, 1)).toBe("unresponsive");
});

it("says that nothing moves after the problem of one action, which goes once something does", () => {
  const ledger = files("queued", "queued");
  const board = follow(ledger, {}, { running: true });
  board.problem.value = FAILED;
  expect(stateAfter(board, 1)).toBe("live");
  expect(stateAfter(board, 12)).toBe("unresponsive");
  expect(board.problem.value).toBe(FAILED);
  ledger.setSent(0, 5);
  expect(stateAfter(board, 1)).toBe("live");
  expect(board.problem.value).toBe(null);
});

it("says nothing about the movement of a batch that a problem has ended, and keeps the problem", () => {
  const ledger = files("queued", "queued");
  const board = follow(ledger, {}, { running: true });
  board.problem.value = { code: "batch_expired", detail: "" };
  vi.advanceTimersByTime(1000);
  ledger.setSent(0, 5);
  expect(stateAfter(board, 30)).toBe(null);
  expect(board.problem.value).not.toBe(null);
});
