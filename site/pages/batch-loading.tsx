import { words } from "../i18n/page.ts";
import { hasLoadFailed, loadBatchView } from "./load-batch-view.ts";

/** Shown in place of a batch until the code that shows it has loaded. @param text says what is awaited */
export function BatchLoading({ text }: { text: string }) {
  if (!hasLoadFailed.value) {
    return <p class="note">{text}</p>;
  }
  return (
    <div class="note is-problem" role="alert">
      <p>{words.load.failed}</p>
      <button type="button" onClick={() => void loadBatchView()}>
        {words.batch.retry}
      </button>
    </div>
  );
}
