import { connectionFailed, isServerCode, ProblemError } from "../errors.ts";
import type { Guard } from "./guards.ts";
import { toHex } from "../../protocol/index.ts";

/** Longer than the server delays any response, and enough for 10,000 names on a slow line. */
const TIMEOUT_MS = 120_000;

/** A request that carries no files. */
export interface ApiRequest {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  url: URL;
  token: string | undefined;
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
}

/** An HTTP response whose body has been read. */
export interface HttpResponse {
  status: number;
  headers: Headers;
  body: string;
}

/**
 * Sends a request once, without retries.
 *
 * @throws ProblemError, or the signal's reason
 */
export async function sendRequest<Body>(
  request: ApiRequest,
  isExpected: Guard<Body>,
  signal: AbortSignal,
): Promise<Body> {
  return parseResponse(await exchange(request, signal), isExpected);
}

async function exchange(request: ApiRequest, signal: AbortSignal): Promise<HttpResponse> {
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers: headersOf(request),
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
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

/** The header that identifies a request across its tries. */
export type IdempotencyKey = Readonly<Record<"idempotency-key", string>>;

/** Returns a new key. The server replays its first response to a request with a key it knows. */
export function idempotencyKey(): IdempotencyKey {
  // Not randomUUID(), which a page served over plain HTTP in a local network doesn't have.
  return { "idempotency-key": toHex(crypto.getRandomValues(new Uint8Array(16))) };
}

/**
 * Returns the body of a successful response.
 *
 * @throws ProblemError if the response is an error, or isn't what `isExpected` describes. A response
 *   that isn't Tallyman's (a proxy's, a captive portal's) counts as `connection_failed`
 */
export function parseResponse<Body>(response: HttpResponse, isExpected: Guard<Body>): Body {
  const body = parseJson(response.body);
  if (!isSuccess(response.status)) throw problemOf(response, body);
  if (!isExpected(body)) throw connectionFailed(new Error("The response isn't one of Tallyman's."));
  return body;
}

/** Returns the parsed JSON, or undefined if `text` isn't JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** Returns the problem by the code in the body or, without one, by the status. */
function problemOf({ status, headers }: HttpResponse, body: unknown): ProblemError {
  const retryAfter = parseRetryAfter(headers.get("retry-after"));
  const { code, detail } = problemFields(body);
  if (isServerCode(code)) {
    return new ProblemError({ code, detail }, { retryAfter });
  }
  const problem = { code: "unexpected_answer", detail: `The server responded ${status}.` } as const;
  return new ProblemError(problem, { retryable: isRetryableStatus(status), retryAfter });
}

function problemFields(body: unknown): { code: unknown; detail: string } {
  if (typeof body !== "object" || body === null) return { code: undefined, detail: "" };
  const detail: unknown = Reflect.get(body, "detail");
  return { code: Reflect.get(body, "code"), detail: typeof detail === "string" ? detail : "" };
}

/** True if a response with this status, whatever its body, is worth another try. */
export function isRetryableStatus(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/** Returns a `Retry-After` header (seconds or a date) in milliseconds from `now`, or null. */
export function parseRetryAfter(value: string | null, now = Date.now()): number | null {
  if (value === null || value.trim() === "") return null;
  const seconds = Number(value);
  const wait = Number.isNaN(seconds) ? Date.parse(value) - now : seconds * 1000;
  return Number.isNaN(wait) ? null : Math.max(0, wait);
}
