/** How late work may be where no frames are drawn: a hidden tab, whose title still tells progress. */
const HIDDEN_MS = 500;

/**
 * Runs `work` once, before the next frame is drawn.
 * @returns calls it off
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
