import { isWorthRetrying } from "../../client/index.ts";
import type { FailureGroup } from "./failures.ts";
import { words } from "../i18n/index.ts";

interface FailureActionsProps {
  groups: readonly FailureGroup[];
  /** Null where there is no list to show them in. */
  onShow: (() => void) | null;
  /** Null where the reader only watches. */
  onRetry: (() => void) | null;
}

/** What to do about failed files. */
export function FailureActions({ groups, onShow, onRetry }: FailureActionsProps) {
  const retryable = groups
    .filter((group) => isWorthRetrying(group.code))
    .reduce((sum, group) => sum + group.count, 0);
  if (groups.length === 0) return null;
  return (
    <>
      {onRetry && retryable > 0 && (
        <button type="button" class="primary" part="button primary" onClick={onRetry}>
          {words.summary.retry(retryable)}
        </button>
      )}
      {onShow && (
        <button type="button" part="button" onClick={onShow}>
          {words.summary.show}
        </button>
      )}
    </>
  );
}
