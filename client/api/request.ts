import { parseResponse, type HttpResponse } from "./response.ts";
import { connectionFailed } from "../errors.ts";
import type { Guard } from "./guards.ts";

/** Longer than the server holds any answer back, long enough for 10,000 names on a slow line. */
const TIMEOUT_MS = 120_000;

/** A request that carries no files. */
export interface ApiRequest {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  url: URL;
  token: string | undefined;
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
}

/**
 * Makes a call, once.
 *
 * @throws ProblemError, or the signal's reason
 */
export async function sendRequest<Body>(
  call: ApiRequest,
  isExpected: Guard<Body>,
  signal: AbortSignal,
): Promise<Body> {
  return parseResponse(await exchange(call, signal), isExpected);
}

async function exchange(call: ApiRequest, signal: AbortSignal): Promise<HttpResponse> {
  try {
    const response = await fetch(call.url, {
      method: call.method,
      headers: headersOf(call),
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
    });
    return { status: response.status, headers: response.headers, body: await response.text() };
  } catch (cause) {
    signal.throwIfAborted();
    throw connectionFailed(cause);
  }
}

function headersOf({ token, body, headers }: ApiRequest): Record<string, string> {
  return {
    accept: "application/json",
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(body !== undefined && { "content-type": "application/json" }),
    ...headers,
  };
}

/** The header that names a call. */
export type IdempotencyKey = Readonly<Record<"idempotency-key", string>>;

/** The same key for every try of one call: the server gives a repeated one its first answer. */
export function idempotencyKey(): IdempotencyKey {
  // Not randomUUID(): a page served over plain HTTP in a local network does not have it.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"));
  return { "idempotency-key": digits.join("") };
}
