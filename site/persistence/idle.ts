/** How long a browser that does not say when it idles is left alone. */
const GUESS_MS = 100;

/** Resolves when the page has nothing else to do. */
export function idle(): Promise<void> {
  return new Promise((resolve) => {
    if ("requestIdleCallback" in globalThis) requestIdleCallback(() => resolve());
    else setTimeout(resolve, GUESS_MS);
  });
}
