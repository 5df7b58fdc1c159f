import type { HttpResponse } from "../api/response.ts";
import { connectionFailed } from "../errors.ts";
import type { BundlePart, Transport, UploadRequest } from "./transport.ts";

/**
 * A browser takes a body whole, and holds nothing back: a body that is a stream it takes only over
 * HTTP/2, some browsers not at all, and without its length.
 */
export const limitsBandwidth: boolean = false;

/** The browser's transport: its fetch does not tell how much it has sent. */
export const transport: Transport = (request, onSent, signal) =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const xhr = new XMLHttpRequest();
    const abort = () => xhr.abort();
    signal.addEventListener("abort", abort);
    xhr.upload.onprogress = (event) => onSent(event.loaded, event.total);
    xhr.onload = () => resolve(answerOf(xhr));
    xhr.onerror = () => reject(connectionFailed());
    xhr.onabort = () => reject(signal.reason);
    xhr.onloadend = () => signal.removeEventListener("abort", abort);
    open(xhr, request);
    xhr.send(bodyOf(request));
  });

function open(xhr: XMLHttpRequest, { method, url, headers }: UploadRequest): void {
  xhr.open(method, url);
  for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
}

/**
 * The browser writes a bundle's form, and reads its files from the disk itself. Of a Blob made of
 * Blobs each would be registered on its own, and the page waits for that: ten times as long.
 */
function bodyOf({ body }: UploadRequest): Blob | FormData {
  return body instanceof Blob ? body : formOf(body);
}

function formOf(parts: readonly BundlePart[]): FormData {
  const form = new FormData();
  // The file's real name is in the declaration.
  for (const { id, blob } of parts) form.append(`${id}`, blob, `${id}`);
  return form;
}

function answerOf(xhr: XMLHttpRequest): HttpResponse {
  const headers = new Headers();
  const retryAfter = xhr.getResponseHeader("retry-after");
  if (retryAfter !== null) headers.set("retry-after", retryAfter);
  return { status: xhr.status, headers, body: xhr.responseText };
}
