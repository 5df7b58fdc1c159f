import { connectionFailed, foreignResponse, isServerCode, ProblemError } from "../errors.ts";
import { anySignal } from "../transport/any-signal.ts";
import type { Guard } from "./guards.ts";
import { learnServerTime, serverNow } from "./server-time.ts";
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

function exchange(
  { method, url, token, body, headers }: ApiRequest,
  signal: AbortSignal,
): Promise<HttpResponse> {
  return fetchResponse(url, signal, {
    method,
    headers: {
      accept: "application/json",
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    // A page that is closed still tells the server what a person has just cancelled.
    keepalive: method === "DELETE",
    signal: anySignal([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

/**
 * Returns a response of any status.
 *
 * @param signal the caller's, whose reason is thrown as it is
 * @throws ProblemError `connection_failed` without a response
 */
export async function fetchResponse(
  url: URL | string,
  signal: AbortSignal,
  init: RequestInit,
): Promise<HttpResponse> {
  // Outside of the try block, as headers that can't be sent are an error here, not of the network.
  const headers = new Headers(init.headers);
  try {
    const response = await fetch(url, { ...init, headers });
    return { status: response.status, headers: response.headers, body: await response.text() };
  } catch (cause) {
    signal.throwIfAborted();
    // Chrome below 124 rejects with an AbortError when the time is over.
    throw connectionFailed(init.signal?.aborted === true ? init.signal.reason : cause);
  }
}

/** The header that identifies a request across its tries. */
export type IdempotencyKey = Readonly<Record<"idempotency-key", string>>;

/** Returns a new key. The server replays its first response to a request with a key it knows. */
export function idempotencyKey(): IdempotencyKey {
  // Not randomUUID(), which a page served over plain HTTP in a local network doesn't have.
  return { "idempotency-key": toHex(crypto.getRandomValues(new Uint8Array(16))) };
}

/** Every response of Tallyman's has it. Without it, a system in between has responded. */
const VERSION_HEADER = "tallyman-version";
/** Cloudflare's marker of a response that asks a browser to show a check to a person. */
const CHALLENGE_HEADER = "cf-mitigated";

/** Returns the problem of a response that isn't Tallyman's, whatever its status; null for Tallyman's. */
export function foreignProblem({ status, headers }: HttpResponse): ProblemError | null {
  if (headers.has(VERSION_HEADER)) return null;
  return foreignResponse(status, headers.has(CHALLENGE_HEADER));
}

/**
 * Returns the body of a successful response.
 *
 * @throws ProblemError if the response is an error, isn't Tallyman's (`foreign_response`), or isn't
 *   what `isExpected` describes (`unexpected_answer`)
 */
export function parseResponse<Body>(response: HttpResponse, isExpected: Guard<Body>): Body {
  const foreign = foreignProblem(response);
  if (foreign) throw foreign;
  learnServerTime(response.headers.get("date"));
  const body = parseJson(response.body);
  if (!isSuccess(response.status)) throw problemOf(response, body);
  if (!isExpected(body)) throw unexpectedAnswer(response, true);
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

/** Returns the problem by the code in the body or, if that is unknown, by the status. */
function problemOf(response: HttpResponse, body: unknown): ProblemError {
  const { status, headers } = response;
  const { code, detail } = problemFields(body);
  if (!isServerCode(code)) return unexpectedAnswer(response, isRetryableStatus(status));
  const retryAfter = parseRetryAfter(headers.get("retry-after"));
  return new ProblemError({ code, detail }, { retryAfter, status });
}

/** Returns the problem of a response of Tallyman's, perhaps of a newer one, that isn't understood. */
function unexpectedAnswer({ status, headers }: HttpResponse, retryable: boolean): ProblemError {
  const retryAfter = parseRetryAfter(headers.get("retry-after"));
  const problem = { code: "unexpected_answer", detail: `The server responded ${status}.` } as const;
  return new ProblemError(problem, { retryable, retryAfter, status });
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
export function parseRetryAfter(value: string | null, now = serverNow()): number | null {
  if (value === null || value.trim() === "") return null;
  const seconds = Number(value);
  const wait = Number.isNaN(seconds) ? Date.parse(value) - now : seconds * 1000;
  return Number.isNaN(wait) ? null : Math.max(0, wait);
}
