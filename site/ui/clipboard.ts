import { type ReadonlySignal, useSignal } from "@preact/signals";

const COPIED_MS = 2500;

interface Copying {
  /** Was it copied a moment ago? */
  isCopied: ReadonlySignal<boolean>;
  /** Did the browser not allow it, the last time? */
  isRefused: ReadonlySignal<boolean>;
  copy: (text: string) => Promise<void>;
}

/** Copies texts, and tells for a moment that it did. */
export function useCopying(): Copying {
  const isCopied = useSignal(false);
  const isRefused = useSignal(false);
  const copy = async (text: string): Promise<void> => {
    isCopied.value = await copied(text);
    isRefused.value = !isCopied.value;
    setTimeout(() => void (isCopied.value = false), COPIED_MS);
  };
  return { isCopied, isRefused, copy };
}

async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
