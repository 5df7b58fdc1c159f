import * as v from "valibot";

/** What the Worker itself must know of a frame that passes through it. */
const RelayedFrame = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ event: v.string(), rev: v.number(), more: v.optional(v.boolean(), false) }),
);
export type RelayedFrame = v.InferOutput<typeof RelayedFrame>;

/**
 * Watches a batch from within the Worker, as any watcher does, so that the object may hibernate
 * while somebody waits here.
 *
 * @param live as the batch has answered
 * @param onFrame is given each frame, and its text
 * @returns resolves when the batch has no more to say, or when `signal` aborts
 */
export async function watch(
  { webSocket: socket }: Response,
  signal: AbortSignal,
  onFrame: (frame: RelayedFrame, text: string) => void,
): Promise<void> {
  if (!socket) return;
  const closed = new Promise<void>((resolve) => {
    socket.addEventListener("close", () => resolve());
    socket.addEventListener("error", () => resolve());
    signal.addEventListener("abort", () => resolve());
  });
  socket.addEventListener("message", ({ data }) => {
    if (typeof data === "string") onFrame(v.parse(RelayedFrame, data), data);
  });
  socket.accept();
  if (!signal.aborted) await closed;
  socket.close();
}
