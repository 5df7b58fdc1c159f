import { useSignal } from "@preact/signals";
import { words } from "../words/index.ts";

const COPIED_MS = 2500;

/** Copies a link, or shows it to be copied by hand where the browser does not allow that. */
export function ShareLink({ link }: { link: string }) {
  const isCopied = useSignal(false);
  const isShown = useSignal(false);
  const copy = async (): Promise<void> => {
    isCopied.value = await copied(link);
    isShown.value = !isCopied.value;
    setTimeout(() => void (isCopied.value = false), COPIED_MS);
  };
  return (
    <div class="share">
      <button type="button" onClick={() => void copy()}>
        {isCopied.value ? words.share.copied : words.share.copy}
      </button>
      <p class="who" role="status">
        {isCopied.value ? words.share.copied : words.share.who}
      </p>
      {isShown.value && (
        <input
          readOnly
          value={link}
          aria-label={words.share.link}
          onFocus={(event) => event.currentTarget.select()}
        />
      )}
    </div>
  );
}

async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
