/**
 * Returns the id of the file at a place (0-based) in the order added, without the files that were
 * replaced.
 *
 * @param replaced ids, ascending
 */
export function fileAtPlace(replaced: readonly number[], place: number): number {
  // The nth of them is before the place if fewer than `place` + 1 other files are before it.
  return place + countWhile(replaced, (id, nth) => id - nth <= place);
}

/** Returns the place of a file; of a replaced one, that of the file after it. */
export function placeOf(replaced: readonly number[], file: number): number {
  return file - countWhile(replaced, (id) => id < file);
}

/** Returns the number of ids, from the first on, for which `isBefore` is true. It halves, as the ids ascend. */
function countWhile(
  ids: readonly number[],
  isBefore: (id: number, nth: number) => boolean,
): number {
  let [low, high] = [0, ids.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(ids[middle] ?? 0, middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
