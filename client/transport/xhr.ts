import type { HttpResponse } from "../api/request.ts";
import { connectionFailed } from "../errors.ts";
import { encode } from "./multipart-body.ts";
import type { Transport } from "./transport.ts";

/**
 * False: a browser takes a body whole and sends it at full speed. It accepts a stream only over
 * HTTP/2 and without its length, and some browsers not at all.
 */
export const limitsBandwidth: boolean = false;

export { watchRequestLimit } from "./request-limit.ts";

/** The browser's transport. Uses XMLHttpRequest, because fetch doesn't report upload progress. */
export const transport: Transport = (request, onSent, signal) =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const xhr = new XMLHttpRequest();
    const abort = () => xhr.abort();
    signal.addEventListener("abort", abort);
    xhr.upload.onprogress = (event) => onSent(event.loaded, event.total);
    xhr.onload = () => resolve(responseOf(xhr));
    xhr.onerror = () => reject(connectionFailed());
    xhr.onabort = () => reject(signal.reason);
    xhr.onloadend = () => signal.removeEventListener("abort", abort);
    const { method, url, headers, body } = encode(request);
    xhr.open(method, url);
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    xhr.send(body);
  });

function responseOf(xhr: XMLHttpRequest): HttpResponse {
  const headers = new Headers();
  // All at once: a browser warns in its console of each header that this page may not read.
  for (const line of xhr.getAllResponseHeaders().split("\r\n")) {
    const [name = "", ...value] = line.split(":");
    if (name !== "") headers.append(name, value.join(":").trim());
  }
  return { status: xhr.status, headers, body: xhr.responseText };
}
