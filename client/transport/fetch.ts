import { fetchResponse } from "../api/request.ts";
import { chunkBytes, TokenBucket } from "../send/bandwidth.ts";
import { surface } from "../surface.ts";
import { encode, type EncodedRequest } from "./multipart-body.ts";
import type { Transport } from "./transport.ts";

/** True: Node reads a body as a stream, so this transport can throttle it. */
export const limitsBandwidth: boolean = true;

/** Node opens as many connections as there are requests. */
export function watchRequestLimit(_url: string, _signal: AbortSignal): () => number {
  return () => Infinity;
}

/** Node's transport. */
export const transport: Transport = async (
  request,
  onSent,
  signal,
  bandwidth = new TokenBucket(),
) => {
  const encoded = encode(request);
  const count = (sent: number): void => {
    try {
      onSent(sent, encoded.body.size);
    } catch (error) {
      // It would break the connection, and be taken for a failure of the network.
      surface(error);
    }
  };
  const body = counted(throttled(encoded.body, bandwidth, signal), count);
  return fetchResponse(request.url, signal, initOf(encoded, body, signal));
};

interface StreamingInit extends RequestInit {
  /** Required for a stream body, and not yet in TypeScript's DOM types. */
  duplex: "half";
}

function initOf(
  { method, headers, body: { size } }: EncodedRequest,
  body: ReadableStream<Chunk>,
  signal: AbortSignal,
): StreamingInit {
  return {
    method,
    // Without its length a stream would be sent chunked, which R2 can't store.
    headers: { ...headers, "content-length": String(size) },
    body,
    duplex: "half",
    signal,
  };
}

/** Counts a chunk when the reader asks for the next one: it has passed the chunk on by then. */
function counted(
  chunks: AsyncGenerator<Chunk, void, void>,
  onSent: (bytes: number) => void,
): ReadableStream<Chunk> {
  let sent = 0;
  let pending = 0;
  return new ReadableStream<Chunk>(
    {
      async pull(controller) {
        sent += pending;
        if (pending > 0) onSent(sent);
        const { done, value } = await chunks.next();
        if (done === true) return controller.close();
        pending = value.length;
        controller.enqueue(value);
      },
      cancel: async () => void (await chunks.return()),
    },
    { highWaterMark: 0 },
  );
}

type Chunk = Uint8Array<ArrayBuffer>;

/** Yields small chunks: a blob in memory arrives as one, and would be sent before it's counted. */
async function* throttled(
  blob: Blob,
  bandwidth: TokenBucket,
  signal: AbortSignal,
): AsyncGenerator<Chunk, void, void> {
  for await (const large of blob.stream()) {
    for (let start = 0; start < large.length;) {
      const chunk = large.subarray(start, start + chunkBytes(bandwidth));
      await bandwidth.take(chunk.length, signal);
      yield chunk;
      start += chunk.length;
    }
  }
}
