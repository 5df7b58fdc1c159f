import type { Answer } from "./answers.ts";
import type { Pace } from "./pace.ts";
import { sendByFetch } from "./transport-fetch.ts";
import { sendByXhr } from "./transport-xhr.ts";

/** A request that carries files. */
export interface UploadRequest {
  method: "POST" | "PUT";
  url: string;
  headers: Readonly<Record<string, string>>;
  body: Blob;
}

/**
 * Sends a request and tells, as it goes out, how many bytes of its body have been handed to the
 * network in all. A transport that can hold a body back sends it at the pace that is given. Resolves with whatever answer comes; throws ProblemError `connection_failed` when
 * none does, and the signal's reason when aborted.
 */
export type Transport = (
  request: UploadRequest,
  onSent: (bytes: number) => void,
  signal: AbortSignal,
  pace?: Pace,
) => Promise<Answer>;

/** XMLHttpRequest where there is one: a browser's fetch does not tell how much it has sent. */
export const transport: Transport = typeof XMLHttpRequest === "undefined" ? sendByFetch : sendByXhr;

/**
 * Does the transport hold a body back where it would go too fast? A browser does not: it takes a body
 * whole, and a body that is a stream only over HTTP/2, in some browsers, and without its length.
 */
export const keepsPace = transport === sendByFetch;
