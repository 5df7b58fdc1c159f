import { nameComparison } from "../i18n/name-comparison.ts";

/**
 * Files that are put in order before they are read: their ids, and with them their places in the contact
 * sheet, follow the order in which they are read. Sorting more of them would block the page for a frame,
 * and delay the first file.
 */
export const MOST_ORDERED = 1000;

/** Returns items in the natural order of a text, as lists show them. Too many stay as they are. */
export function inNaturalOrder<Item>(
  items: readonly Item[],
  textOf: (item: Item) => string,
): readonly Item[] {
  if (items.length < 2 || items.length > MOST_ORDERED) return items;
  const compare = nameComparison();
  return items.toSorted((a, b) => compare(textOf(a), textOf(b)));
}
