import { serverNow } from "../../client/api/server-time.ts";
import { isFatal } from "../../client/errors.ts";
import type { ConnectionState, Outage } from "../../client/index.ts";
import type { BatchResource } from "../../protocol/index.ts";
import type { Board } from "./board.ts";
import { isBoardOver } from "./is-over.ts";
import { roundedStill } from "./stillness.ts";

/**
 * Whether a batch moves, and why not.
 *
 * | state | meaning |
 * |---|---|
 * | `limited` | the bandwidth limit lets this client send nothing for now |
 * | `unresponsive` | nothing that this client sends arrives |
 * | `quiet` | another client sends, and nothing arrives from it |
 * | `gone` | the client that sends isn't connected |
 */
export type LiveState =
  | ConnectionState
  | "reconnecting"
  | "outage"
  | "ratelimited"
  | "paused"
  | "limited"
  | "unresponsive"
  | "quiet"
  | "gone";

interface LiveFacts {
  batch: Pick<BatchResource, "state" | "uploaderGone"> | null;
  /** True if nothing is expected to move: the batch is over, can't be shown, or waits for no file. */
  isOver: boolean;
  outage: Outage | null;
  isRateLimited: boolean;
  connection: ConnectionState;
  wasLive: boolean;
  /** Seconds without a byte, from ten on; null before. */
  stillSeconds: number | null;
  /** True if nothing has moved since this client knows the batch. */
  isFirst: boolean;
  /** True if this client has files to send; undefined if it never has. */
  running: boolean | undefined;
  /** True while the bandwidth limit keeps this client from sending anything. */
  isLimited: boolean;
}

/** Returns the state; null if it doesn't matter any more. */
export function liveState(facts: LiveFacts): LiveState | null {
  if (facts.isOver) return null;
  const interruption = interruptionOf(facts);
  if (interruption !== null) return interruption;
  return facts.stillSeconds === null ? connectionState(facts) : stillState(facts);
}

/** Returns what keeps the batch from moving, as far as it's known for certain. */
function interruptionOf(facts: LiveFacts): LiveState | null {
  if (facts.outage !== null) return "outage";
  if (facts.isRateLimited) return "ratelimited";
  if (facts.batch?.state === "paused") return "paused";
  if (facts.connection === "offline") return "offline";
  return isGone(facts) ? "gone" : null;
}

function connectionState({ connection, wasLive }: LiveFacts): LiveState {
  return connection === "connecting" && wasLive ? "reconnecting" : connection;
}

function stillState(facts: LiveFacts): LiveState | null {
  const { connection, running } = facts;
  // Browsers send a request at full speed, and the next one after a pause that may last a minute.
  if (running === true && connection !== "connecting" && facts.isLimited) return "limited";
  if (connection === "connecting" || running === true) return "unresponsive";
  // An uploader without files to send waits for a person, and the page says so elsewhere.
  return running === false ? null : "quiet";
}

const GONE_AFTER_S = 10;

/** An uploader may send without being connected, so that bytes count for more. */
function isGone({ batch, stillSeconds, isFirst, running }: LiveFacts): boolean {
  const mayStand = stillSeconds !== null || isFirst;
  return running !== true && mayStand && secondsGone(batch) >= GONE_AFTER_S;
}

/** Returns the seconds since an uploader was connected, by the server's clock; 0 if one is. */
function secondsGone(batch: LiveFacts["batch"]): number {
  const since = batch?.uploaderGone;
  return since === undefined ? 0 : (serverNow() - Date.parse(since)) / 1000;
}

/** Returns for how many seconds nothing has arrived, rounded down. */
export function secondsStill(facts: Pick<LiveFacts, "batch" | "stillSeconds" | "isFirst">): number {
  const still = facts.stillSeconds ?? 0;
  return roundedStill(facts.isFirst ? Math.max(still, secondsGone(facts.batch)) : still);
}

/** Reads the facts from a board. */
export function liveFacts(board: Board): LiveFacts {
  const batch = board.batch.value;
  return {
    batch,
    isOver: isBoardOver(board) || board.isCancelled.value || hasStopped(board),
    outage: board.outage.value,
    isRateLimited: board.wait.value !== null,
    connection: board.connection.value,
    wasLive: board.wasLive.value,
    stillSeconds: board.stillness.seconds.value,
    isFirst: board.stillness.isFirst.value,
    running: board.view.running,
    isLimited: board.isLimited.value,
  };
}

/** True if a problem has ended the batch here, or keeps it from starting. Others concern one action. */
function hasStopped({ problem, batch, view }: Board): boolean {
  if (problem.value === null) return false;
  const goesOn = view.running ?? batch.value !== null;
  return isFatal(problem.value.code) || !goesOn;
}
