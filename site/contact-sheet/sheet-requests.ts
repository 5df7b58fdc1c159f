import { parseRetryAfter } from "../../client/api/request.ts";
import { anySignal } from "../../client/transport/any-signal.ts";

/** The only type that the server stores. */
const SHEET_TYPE = "image/webp";

/** Longest request, in milliseconds: 512 KiB on a very slow line. */
const TIMEOUT_MS = 120_000;

/** Access to the contact sheets of one batch. */
export interface SheetAccess {
  batch: string;
  /** A write token, or a read token for a viewer. */
  token: string;
}

/** Answer to a request; null without one of Tallyman's. */
export interface SheetAnswer {
  status: number;
  etag: string | null;
  retryAfterMs: number | null;
  image: Blob | null;
}

/** Refusals that pass: a body that came too slowly, a rate limit, a batch that an operator has blocked. */
const TRANSIENT: ReadonlySet<number> = new Set([403, 408, 425, 429]);

/** True if the same request may succeed later. */
export function isTransient(status: number): boolean {
  return TRANSIENT.has(status) || status >= 500;
}

/**
 * Returns a stored sheet.
 *
 * @param etag the version that the batch names
 */
export function getSheet(
  access: SheetAccess,
  sheet: number,
  etag: string | null,
  signal: AbortSignal,
): Promise<SheetAnswer | null> {
  const url = urlOf(access, sheet);
  // A URL per version is cached for good.
  if (etag !== null) url.searchParams.set("v", etag);
  return send(access, url, {}, signal);
}

/**
 * Stores a sheet.
 *
 * @param etag the stored version that it replaces; null for none
 */
export function putSheet(
  access: SheetAccess,
  sheet: number,
  { image, etag }: { image: Blob; etag: string | null },
  signal: AbortSignal,
): Promise<SheetAnswer | null> {
  const condition = etag === null ? { "if-none-match": "*" } : { "if-match": `"${etag}"` };
  const headers = { "content-type": SHEET_TYPE, ...condition };
  return send(access, urlOf(access, sheet), { method: "PUT", headers, body: image }, signal);
}

function urlOf({ batch }: SheetAccess, sheet: number): URL {
  return new URL(`/v1/batches/${encodeURIComponent(batch)}/sheets/${sheet}`, location.origin);
}

async function send(
  { token }: SheetAccess,
  url: URL,
  { headers, ...init }: { method?: string; headers?: Record<string, string>; body?: Blob },
  signal: AbortSignal,
): Promise<SheetAnswer | null> {
  const response = await fetch(url, {
    ...init,
    headers: { ...headers, authorization: `Bearer ${token}` },
    signal: anySignal([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  }).catch(() => null);
  // Without the header, a system in between has responded.
  if (!response?.headers.has("tallyman-version")) return null;
  const body = await response.blob().catch(() => null);
  if (body === null) return null;
  return {
    status: response.status,
    etag: unquoted(response.headers.get("etag")),
    retryAfterMs: parseRetryAfter(response.headers.get("retry-after")),
    image: response.status === 200 ? body : null,
  };
}

/** Returns an entity tag without its quotes, as the batch names it. */
function unquoted(etag: string | null): string | null {
  return etag === null ? null : etag.replace(/^(?:W\/)?"(.*)"$/u, "$1");
}
