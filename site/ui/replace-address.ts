/** Shows another address without loading it. A browser may refuse that; the page works all the same. */
export function replaceAddress(address: string): void {
  try {
    history.replaceState(null, "", address);
  } catch {
    // Safari, for example, after a hundred calls.
  }
}
