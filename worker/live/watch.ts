import * as v from "valibot";

/** The fields of a frame that the Worker needs in order to relay it. */
const RelayedFrame = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    event: v.string(),
    rev: v.number(),
    more: v.optional(v.boolean(), false),
    batch: v.optional(v.object({ state: v.string(), rev: v.number() })),
  }),
);
export type RelayedFrame = v.InferOutput<typeof RelayedFrame>;

/** True if the batch has ended: nothing changes unless a client retries a failed file. */
export function isOver(state: string | undefined): boolean {
  return state === "completed" || state === "cancelled";
}

/** True if no frame follows this one, because it reports the end of the batch. */
export function isLastFrame({ event, rev, more, batch }: RelayedFrame): boolean {
  if (event === "uploadCompleted") return true;
  // `uploadCompleted` follows a snapshot whose rev is below that of its batch.
  return !more && isOver(batch?.state) && rev === batch?.rev;
}

/**
 * Watches a batch from within the Worker, through a WebSocket as any watcher does, so that the object
 * may hibernate in the meantime.
 *
 * @param live the response that opened the socket
 * @param onFrame receives each frame and its text
 * @returns a promise that resolves when the batch closes the socket or `signal` aborts
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
