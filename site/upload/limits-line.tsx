import { words } from "../i18n/index.ts";
import { limitsText } from "./limits-text.ts";
import type { FileLimits } from "./skipped-files.ts";

/** Says in one line which files a batch accepts; nothing without limits. */
export function LimitsLine({ limits }: { limits: FileLimits }) {
  const text = limitsText(limits, words.limits);
  return text === "" ? null : (
    <p class="hint limits" part="limits">
      {text}
    </p>
  );
}
