import { words } from "../i18n/start.ts";
import { failedCode } from "./later-code.ts";
import { isOutdated } from "./new-version.tsx";

/** Says that a part of the page could not be loaded, with a button that retries. */
export function LoadProblem() {
  const { value: failed } = failedCode;
  // A page that was replaced has to be reloaded.
  if (failed.length === 0 || isOutdated.value) return null;
  const retry = (): void => {
    for (const code of failed) void code.load();
  };
  return (
    <div class="note is-problem" role="alert">
      <p>{words.load.failed}</p>
      <button type="button" onClick={retry}>
        {words.load.retry}
      </button>
    </div>
  );
}
