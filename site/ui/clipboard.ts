import { type ReadonlySignal, useSignal } from "@preact/signals";

/** Time for which a button shows that its text was copied. */
const COPIED_MS = 2500;

interface Copying {
  /** True for a moment after copying. */
  isCopied: ReadonlySignal<boolean>;
  /** True if the browser denied the last attempt. */
  hasFailed: ReadonlySignal<boolean>;
  copy: (text: string) => Promise<void>;
}

/** Copies text to the clipboard. */
export function useCopying(): Copying {
  const isCopied = useSignal(false);
  const hasFailed = useSignal(false);
  const copy = async (text: string): Promise<void> => {
    isCopied.value = await writeText(text);
    hasFailed.value = !isCopied.value;
    setTimeout(() => void (isCopied.value = false), COPIED_MS);
  };
  return { isCopied, hasFailed, copy };
}

/** @returns false if the browser denies access */
async function writeText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
