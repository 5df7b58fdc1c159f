/** Returns the DOM id of the row at `index`, for `aria-activedescendant`. */
export function rowId(index: number): string {
  return `row-${index}`;
}
