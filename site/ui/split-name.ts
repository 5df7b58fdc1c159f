/** Shorter names fit into a row, even on a phone. */
const MIN_LENGTH = 15;
/** Characters of the name that are always shown, before the extension. */
const TAIL_LENGTH = 5;
const EXTENSION = /[^.](\.[\p{L}\p{N}]{1,8})$/u;

/** A sign that belongs to the one before it: a mark, a joiner, a variation, a skin tone, half of a flag. */
const CONTINUES = /^(?:\p{M}|\u200D|\p{Emoji_Modifier}|\p{Regional_Indicator})/u;
const JOINS_NEXT = /\u200D$/u;
/** Letters that take another shape at the end of a text than within it. */
const CURSIVE_END = /[\p{Script=Arab}\p{Script=Syrc}\p{Script=Mong}\p{Script=Nkoo}]$/u;
const LETTER_START = /^\p{L}/u;

/** A name in two pieces: a narrow row cuts the first one at its end. */
export interface SplitName {
  head: string;
  /** The name's last characters and its extension. */
  tail: string;
}

/**
 * Splits a long name, so that both its start and its extension stay visible; null for a short one. It
 * never splits what a reader sees as one character, or letters that join.
 */
export function splitName(name: string): SplitName | null {
  if (name.length < MIN_LENGTH) return null;
  const extension = EXTENSION.exec(name)?.[1] ?? "";
  const end = name.length - extension.length;
  const at = boundaryBefore(name, end - TAIL_LENGTH, end);
  return at <= 0 || at === name.length ? null : { head: name.slice(0, at), tail: name.slice(at) };
}

/** Returns the first boundary between characters from `from` on, at most `end`. */
function boundaryBefore(name: string, from: number, end: number): number {
  let at = from;
  while (at < end && !isBoundary(name, at)) at += 1;
  return at;
}

function isBoundary(name: string, at: number): boolean {
  const isInPair = (name.codePointAt(at - 1) ?? 0) > 0xff_ff;
  const [before, after] = [name.slice(0, at), name.slice(at)];
  if (isInPair || CONTINUES.test(after) || JOINS_NEXT.test(before)) return false;
  return !(CURSIVE_END.test(before) && LETTER_START.test(after));
}
