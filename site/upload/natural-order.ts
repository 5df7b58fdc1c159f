import { nameComparison } from "../i18n/name-comparison.ts";
import { sortInSlices } from "../ui/sliced-sort.ts";

/**
 * Files that are put in order before they are read: their ids, and with them their places in the contact
 * sheet, follow the order in which they are read. Sorting more of them would delay the first one.
 */
export const MOST_ORDERED = 2000;

const never = new AbortController().signal;

/** Returns items in the natural order of a text, as lists show them. Too many stay as they are. */
export async function inNaturalOrder<Item>(
  items: readonly Item[],
  textOf: (item: Item) => string,
): Promise<readonly Item[]> {
  if (items.length < 2 || items.length > MOST_ORDERED) return items;
  const texts = items.map(textOf);
  const compare = nameComparison();
  const places = Uint32Array.from(texts.keys());
  const sorted = await sortInSlices(
    places,
    (a, b) => compare(texts[a] ?? "", texts[b] ?? ""),
    never,
  );
  return Array.from(sorted ?? places).flatMap((place) => items[place] ?? []);
}
