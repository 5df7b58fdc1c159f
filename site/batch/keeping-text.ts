import type { BatchResource } from "../../protocol/index.ts";

interface Texts {
  /** @param at ms since 1970 */
  until: (at: number) => string;
  always: string;
}

/**
 * Returns the sentence that says how long the files of an ended batch stay.
 *
 * @param isSender false for viewers, who can't delete files
 */
export function keepingText(
  batch: Pick<BatchResource, "keepUntil"> | null,
  isSender: boolean,
  texts: Texts,
): string | null {
  const { keepUntil } = batch ?? {};
  if (typeof keepUntil === "string") return texts.until(Date.parse(keepUntil));
  // A server of an earlier version doesn't say.
  return keepUntil === null && isSender ? texts.always : null;
}
