import type { BodyReader } from "./request-body.ts";

/**
 * Time for which a response waits for the rest of a body that may never end. Within a second, a client
 * on the same machine can send more than is ever read.
 */
const PATIENCE_MS = 200;

/** Silence after which the client of such a body probably waits for the end of the response. */
const SILENCE_MS = 1000;

/**
 * Returns the response to a request whose body may have a rest. A response that ends before its
 * request's body was read breaks the connection (workerd#1730), and the client sees a reset instead of
 * the problem. So the rest is read first, or, if the body may never end, while the response is sent.
 *
 * @param waitUntil keeps the Worker running until the body is read
 */
export async function respondAfter(
  body: BodyReader,
  response: Response,
  waitUntil: (work: Promise<void>) => void,
): Promise<Response> {
  if (body.hasKnownEnd || response.body === null) {
    await body.drain();
    return response;
  }
  const drained = body.drain(SILENCE_MS);
  if (await isDoneSoon(drained)) return response;
  const { readable, writable } = new IdentityTransformStream();
  waitUntil(sendUntil(drained, response, writable));
  return new Response(readable, response);
}

async function isDoneSoon(work: Promise<void>): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), PATIENCE_MS);
  void work.then(() => resolve(true));
  return promise.finally(() => clearTimeout(timer));
}

/** Sends the whole response at once, and ends it when `drained` resolves. */
async function sendUntil(
  drained: Promise<void>,
  response: Response,
  writable: WritableStream<Uint8Array>,
): Promise<void> {
  try {
    await response.body?.pipeTo(writable, { preventClose: true });
    await drained;
    await writable.close();
  } catch {
    // The client has disconnected.
    await drained;
  }
}
