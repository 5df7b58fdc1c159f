/** Longest slice of work between two calls of `yieldToMain`, in milliseconds. */
export const SLICE_MS = 8;

/** Lets the browser draw and handle input between two slices of work. */
export function yieldToMain(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve);
  });
}
