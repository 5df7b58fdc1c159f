/** Names a row, by its place in the list, for `aria-activedescendant`. */
export function rowId(index: number): string {
  return `row-${index}`;
}
