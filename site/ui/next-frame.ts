/** Delay in hidden tabs, which draw no frames but still update their title. */
const HIDDEN_MS = 500;

/**
 * Runs `work` once, before the next frame is drawn.
 *
 * @returns cancels the work
 */
export function nextFrame(work: () => void): () => void {
  const cancel = (): void => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
  const run = (): void => {
    cancel();
    work();
  };
  const frame = requestAnimationFrame(run);
  const timer = setTimeout(run, HIDDEN_MS);
  return cancel;
}
