import { signal } from "@preact/signals";
import { words } from "../i18n/start.ts";
import { hasUnsaved } from "../upload/leave-guard.tsx";

/** Name of the entry in `sessionStorage` with the script for which this tab was reloaded. */
const RELOADED = "tallyman-reloaded";

/** Time between two looks at whether the page may be reloaded. */
const IDLE_MS = 1000;

/** A dialog, unless it only says that a script is missing, and a field in which a person types. */
const IN_USE = "dialog[open]:not([data-load-problem]), input:not([readonly]):focus, textarea:focus";

/** True once the page has missed a script that a later deployment has removed. */
export const isOutdated = signal(false);

/**
 * Watches for scripts that don't load, those of every `import()` and of workers. If the server has
 * another version of the page by now, the page is reloaded, or offers that while it would lose something. A
 * script that fails because of the network is not its concern: its own code retries.
 */
export function watchVersion(): void {
  // Vite's event. The pictures' worker reports a failure by the same one.
  addEventListener("vite:preloadError", () => void checkVersion());
}

/** Says that the page has to be reloaded, with a button that does it. */
export function NewVersion() {
  if (!isOutdated.value) return null;
  return (
    <div class="new-version note" role="alert">
      <p>{words.newVersion.text}</p>
      <button type="button" class="primary" onClick={() => location.reload()}>
        {words.newVersion.reload}
      </button>
    </div>
  );
}

async function checkVersion(): Promise<void> {
  if (isOutdated.value || !(await isReplaced())) return;
  if (reloadIfIdle()) return;
  isOutdated.value = true;
  setInterval(reloadIfIdle, IDLE_MS);
}

/** Reloads the page unless it is in use, or has done so. @returns true if it did */
function reloadIfIdle(): boolean {
  const isIdle = !hasUnsaved() && document.querySelector(IN_USE) === null;
  if (!isIdle || !mayReload()) return false;
  location.reload();
  return true;
}

/** True if the server's page has another script than this one. False if it does not respond. */
async function isReplaced(): Promise<boolean> {
  try {
    const response = await fetch("/", { cache: "no-store" });
    return response.ok && !(await response.text()).includes(entry());
  } catch {
    return false;
  }
}

/** Returns the path of the page's first script, whose name has a digest of its content. */
function entry(): string {
  const script = document.querySelector<HTMLScriptElement>('script[type="module"][src]');
  return script === null ? "" : new URL(script.src).pathname;
}

/**
 * True if this script has not reloaded the tab before: a cache in between may return the old page again.
 * A browser without storage can't tell, and offers the button.
 */
function mayReload(): boolean {
  try {
    if (sessionStorage.getItem(RELOADED) === entry()) return false;
    sessionStorage.setItem(RELOADED, entry());
    return true;
  } catch {
    return false;
  }
}
