import { multipartBody } from "../send/multipart-body.ts";
import { TokenBucket, chunkBytes } from "../send/bandwidth.ts";
import { connectionFailed } from "../errors.ts";
import type { Transport, UploadRequest } from "./transport.ts";

/** Node's: it holds a body back where that would go too fast. */
export const limitsBandwidth: boolean = true;

/** Node's transport. */
export const transport: Transport = async (
  request,
  onSent,
  signal,
  bandwidth = new TokenBucket(),
) => {
  try {
    const written = write(request);
    const count = (sent: number) => onSent(sent, written.body.size);
    const body = counted(paced(written.body, bandwidth, signal), count);
    const response = await fetch(request.url, optionsOf(written, body, signal));
    return { status: response.status, headers: response.headers, body: await response.text() };
  } catch (cause) {
    signal.throwIfAborted();
    throw connectionFailed(cause);
  }
};

interface WrittenRequest extends UploadRequest {
  body: Blob;
}

function write({ body, headers, ...request }: UploadRequest): WrittenRequest {
  if (body instanceof Blob) return { ...request, headers, body };
  const { blob, contentType } = multipartBody(body);
  return { ...request, headers: { ...headers, "content-type": contentType }, body: blob };
}

interface StreamingInit extends RequestInit {
  /** Needed for a body that is a stream, and not yet in TypeScript's DOM types. */
  duplex: "half";
}

function optionsOf(
  { method, headers, body: { size } }: WrittenRequest,
  body: ReadableStream<Chunk>,
  signal: AbortSignal,
): StreamingInit {
  return {
    method,
    // Without its length a stream would go out chunked, which R2 cannot store.
    headers: { ...headers, "content-length": String(size) },
    body,
    duplex: "half",
    signal,
  };
}

/** Counts pieces when the reader comes back for more: by then it has passed them on. */
function counted(
  pieces: AsyncGenerator<Chunk, void, void>,
  onSent: (bytes: number) => void,
): ReadableStream<Chunk> {
  let sent = 0;
  let handed = 0;
  return new ReadableStream<Chunk>(
    {
      async pull(controller) {
        sent += handed;
        if (handed > 0) onSent(sent);
        const { done, value } = await pieces.next();
        if (done === true) return controller.close();
        handed = value.length;
        controller.enqueue(value);
      },
      cancel: async () => void (await pieces.return()),
    },
    { highWaterMark: 0 },
  );
}

type Chunk = Uint8Array<ArrayBuffer>;

/** Small pieces: a blob in memory comes as one chunk, and would be sent before it is counted. */
async function* paced(
  blob: Blob,
  bandwidth: TokenBucket,
  signal: AbortSignal,
): AsyncGenerator<Chunk, void, void> {
  for await (const chunk of blob.stream()) {
    for (let start = 0; start < chunk.length;) {
      const piece = chunk.subarray(start, start + chunkBytes(bandwidth));
      await bandwidth.take(piece.length, signal);
      yield piece;
      start += piece.length;
    }
  }
}
