import { untracked, useComputed } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { Announcement } from "../announce/announcement.tsx";
import { words } from "../i18n/index.ts";
import type { Board } from "./board.ts";
import { liveFacts, type LiveState, liveState, secondsStill } from "./live-state.ts";

/** Shows whether the page is live, or why nothing moves. */
export function Connection({ board }: { board: Board }) {
  const state = useComputed(() => liveState(liveFacts(board)));
  const text = useComputed(() => textOf(board));
  const isChallenge = useComputed(
    () => state.value === "outage" && board.outage.value?.reason === "challenge",
  ).value;
  return (
    <p class="connection" data-connection={state}>
      {text}
      <Interruption board={board} state={state.value} />
      {isChallenge && <ReloadButton />}
    </p>
  );
}

/** States in which nothing moves, and a person has not asked for that. */
const INTERRUPTIONS: ReadonlySet<LiveState | null> = new Set<LiveState | null>([
  "outage",
  "ratelimited",
  "offline",
  "unresponsive",
  "quiet",
  "gone",
]);

/** Announces why nothing moves, once and not with every second of it, and that it does again. */
function Interruption({ board, state }: { board: Board; state: LiveState | null }) {
  const wasInterrupted = useRef(false);
  const isInterrupted = INTERRUPTIONS.has(state);
  const text = useMemo(() => untracked(() => textOf(board)), [board, state]);
  useEffect(() => void (wasInterrupted.current ||= isInterrupted), [isInterrupted]);
  const isNews = isInterrupted || (state === "live" && wasInterrupted.current);
  return <Announcement text={isNews ? text : ""} />;
}

function textOf(board: Board): string {
  const facts = liveFacts(board);
  const state = liveState(facts);
  if (state === null) return "";
  if (state === "outage") return outageText(facts);
  if (state === "offline") return offlineText(words.connection.offline, facts);
  if (state === "ratelimited") return board.wait.value ? words.wait(board.wait.value) : "";
  if (state === "quiet" || state === "gone") return words.still[state](secondsStill(facts));
  return words.connection[state];
}

function outageText({ outage, running }: ReturnType<typeof liveFacts>): string {
  if (outage === null) return "";
  const text = words.outage[outage.reason](outage.since);
  return outage.reason === "network" ? offlineText(text, { running }) : text;
}

/** Without files to send, for example of a batch that is being cancelled, nothing resumes. */
function offlineText(text: string, { running }: { running: boolean | undefined }): string {
  return running === false ? text : `${text} ${words.outage.resumes}`;
}

/** The check of a system in between appears only in place of a page. */
function ReloadButton() {
  return (
    <button type="button" class="quiet" part="button" onClick={() => location.reload()}>
      {words.outage.reload}
    </button>
  );
}
