import { words } from "../i18n/box.ts";
import { loadBatchModule } from "./load-batch-module.ts";

/** Says that the batch module could not be loaded, with a button that retries. */
export function LoadProblem() {
  return (
    <div class="note is-problem" part="note problem" role="alert">
      <p>{words.load.failed}</p>
      <button type="button" part="button" onClick={() => void loadBatchModule()}>
        {words.load.retry}
      </button>
    </div>
  );
}
