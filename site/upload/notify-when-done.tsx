import { type Signal, useSignal, useSignalEffect } from "@preact/signals";
import type { Board } from "../batch/board.ts";
import { endText } from "../batch/hero-text.ts";
import { isBoardOver } from "../batch/is-over.ts";
import { words } from "../i18n/page.ts";
import { shownName } from "../ui/shown-name.ts";

/** Chrome on Android has the constructor, which throws there: it needs a service worker. */
function canNotify(): boolean {
  return "Notification" in globalThis && !navigator.userAgent.includes("Android");
}

/** Asks for a notification at the end. The browser's question comes on this click only. */
export function NotifyToggle({ isOn }: { isOn: Signal<boolean> }) {
  const isBlocked = useSignal(false);
  if (!canNotify()) return null;
  const change = async ({ currentTarget: box }: { currentTarget: HTMLInputElement }) => {
    const isWanted = box.checked;
    const permission = isWanted ? await Notification.requestPermission() : "default";
    isOn.value = permission === "granted";
    isBlocked.value = isWanted && !isOn.value;
    box.checked = isOn.value;
  };
  return (
    <>
      <label>
        <input type="checkbox" checked={isOn} onChange={(event) => void change(event)} />
        {words.notify.label}
      </label>
      {isBlocked.value && <p role="alert">{words.notify.blocked}</p>}
    </>
  );
}

/** Notifies once, when nothing more has to be sent. */
export function Notifier({ board, isOn }: { board: Board; isOn: Signal<boolean> }) {
  useSignalEffect(() => {
    if (!isOn.value || !isOver(board)) return;
    isOn.value = false;
    const { failed } = board.counts.value;
    const text = endText(board)?.text ?? words.summary.failed(failed);
    notify(text, shownName(board.name.value));
  });
  return null;
}

/** An iPhone's home-screen app has the constructor as well, and throws. */
function notify(text: string, body: string): void {
  try {
    void new Notification(text, { body, icon: "/icon.svg" });
  } catch {
    // The page says the same.
  }
}

function isOver(board: Board): boolean {
  return board.isFinished.value || (board.counts.value.failed > 0 && isBoardOver(board));
}
