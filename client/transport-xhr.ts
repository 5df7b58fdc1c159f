import type { Answer } from "./answers.ts";
import { connectionFailed } from "./problems.ts";
import type { Transport, UploadRequest } from "./transport.ts";

/**
 * A browser takes a body whole, and holds nothing back: a body that is a stream it takes only over
 * HTTP/2, some browsers not at all, and without its length.
 */
export const keepsPace: boolean = false;

/** The browser's transport: its fetch does not tell how much it has sent. */
export const transport: Transport = (request, onSent, signal) =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const xhr = new XMLHttpRequest();
    const abort = () => xhr.abort();
    signal.addEventListener("abort", abort);
    xhr.upload.onprogress = (event) => onSent(event.loaded);
    xhr.onload = () => resolve(answerOf(xhr));
    xhr.onerror = () => reject(connectionFailed());
    xhr.onabort = () => reject(signal.reason);
    xhr.onloadend = () => signal.removeEventListener("abort", abort);
    open(xhr, request);
    xhr.send(request.body);
  });

function open(xhr: XMLHttpRequest, { method, url, headers }: UploadRequest): void {
  xhr.open(method, url);
  for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
}

function answerOf(xhr: XMLHttpRequest): Answer {
  const headers = new Headers();
  const retryAfter = xhr.getResponseHeader("retry-after");
  if (retryAfter !== null) headers.set("retry-after", retryAfter);
  return { status: xhr.status, headers, body: xhr.responseText };
}
