import type { Answer } from "./answers.ts";
import { connectionFailed } from "./problems.ts";
import type { UploadRequest } from "./transport.ts";

/** The browser's transport. See `Transport`. */
export function sendByXhr(
  request: UploadRequest,
  onSent: (bytes: number) => void,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
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
}

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
