import type { Answer } from "./answers.ts";
import { connectionFailed } from "./problems.ts";
import type { UploadRequest } from "./transport.ts";

/** Node's transport. See `Transport`. */
export async function sendByFetch(
  request: UploadRequest,
  onSent: (bytes: number) => void,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    const response = await fetch(request.url, optionsOf(request, onSent, signal));
    return { status: response.status, headers: response.headers, body: await response.text() };
  } catch (cause) {
    signal.throwIfAborted();
    throw connectionFailed(cause);
  }
}

interface StreamingInit extends RequestInit {
  /** Needed for a body that is a stream, and not yet in TypeScript's DOM types. */
  duplex: "half";
}

function optionsOf(
  { method, headers, body }: UploadRequest,
  onSent: (bytes: number) => void,
  signal: AbortSignal,
): StreamingInit {
  return {
    method,
    // Without its length a stream would go out chunked, which R2 cannot store.
    headers: { ...headers, "content-length": String(body.size) },
    body: counted(body, onSent),
    duplex: "half",
    signal,
  };
}

/** The bytes of a blob, counted when the reader comes back for more: by then it has passed them on. */
function counted(blob: Blob, onSent: (bytes: number) => void): ReadableStream<Chunk> {
  const pieces = piecesOf(blob);
  let sent = 0;
  let handed = 0;
  return new ReadableStream<Chunk>(
    {
      async pull(controller) {
        const { done, value } = await pieces.next();
        sent += handed;
        if (handed > 0) onSent(sent);
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
const PIECE_BYTES = 65_536;

/** Small pieces: a blob in memory comes as one chunk, and would be sent before it is counted. */
async function* piecesOf(blob: Blob): AsyncGenerator<Chunk, void, void> {
  for await (const chunk of blob.stream()) {
    for (let start = 0; start < chunk.length; start += PIECE_BYTES) {
      yield chunk.subarray(start, start + PIECE_BYTES);
    }
  }
}
