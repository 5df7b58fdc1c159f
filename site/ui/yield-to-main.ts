/** How long a slice of work may hold up the page, in milliseconds. */
export const SLICE_MS = 8;

/** Lets the page draw and answer, between two slices of work. */
export function yieldToMain(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve);
  });
}
