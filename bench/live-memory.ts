import * as v from "valibot";

/** V8's flags for a workerd whose memory is measured. Its heap has Cloudflare's limit. */
export const V8_FLAGS = "--expose-gc --max-heap-size=128";

const FREEING_MS = 500;

/** Messages of the inspector's protocol: the context of the Worker's code, and results of calls. */
const Context = v.object({ context: v.object({ id: v.number() }) });
const HeapUsage = v.object({ usedSize: v.number(), backingStorageSize: v.number() });
const Message = v.object({
  id: v.optional(v.number()),
  params: v.optional(v.unknown()),
  result: v.optional(v.unknown()),
});

/**
 * Returns the bytes that a Worker's isolate holds after collecting garbage: its heap and its buffers.
 *
 * @throws Error if workerd has ended
 */
export async function liveBytes(port: number, worker: string): Promise<number> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/core:user:${worker}`);
  const usage = Promise.withResolvers<number>();
  const call = (id: number, method: string, params = {}) => {
    socket.send(JSON.stringify({ id, method, params }));
  };
  socket.addEventListener("message", ({ data }) => {
    const { id, params, result } = v.parse(Message, JSON.parse(String(data)));
    if (v.is(Context, params)) {
      call(2, "Runtime.evaluate", { contextId: params.context.id, expression: "gc()" });
      // V8 frees the buffers that it has collected in the background.
      setTimeout(() => call(3, "Runtime.getHeapUsage"), FREEING_MS);
    } else if (id === 3) {
      const { usedSize, backingStorageSize } = v.parse(HeapUsage, result);
      usage.resolve(usedSize + backingStorageSize);
    }
  });
  socket.addEventListener("open", () => call(1, "Runtime.enable"));
  for (const end of ["close", "error"]) {
    socket.addEventListener(end, () => usage.reject(new Error("workerd has ended.")));
  }
  return usage.promise.finally(() => socket.close());
}
