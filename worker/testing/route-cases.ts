import { LIMITS, type Tokens } from "../../protocol/index.ts";
import type { TestFile } from "./batch.ts";
import { bearer, grantFor, operatorToken } from "./grants.ts";
import { formBody, formRequest } from "./multipart.ts";
import { webp } from "./webp.ts";
import type { RateBinding } from "./recorded-rates.ts";

/** The credentials that a route requires. */
export type AccessLevel =
  | "anyone"
  /** None, but an invalid token is refused. */
  | "visitor"
  /** A grant; none with `ACCESS = "open"`. */
  | "creator"
  /** A grant, whatever `ACCESS` is. */
  | "owner"
  /** A token of the batch. */
  | "reader"
  /** The write token of the batch. */
  | "writer"
  /** The same, or its owner's token or grant. */
  | "renewer"
  /** The operator's token. */
  | "operator";

/** One route of the Worker, its access level, and a request that succeeds with these credentials. */
export interface RouteCase {
  /** Method and path, as in `app.routes`. */
  route: string;
  access: AccessLevel;
  /** True if the operator's token is taken as well. */
  operator?: true;
  success: number;
  /** The rate limit that counts it; null if it has none. */
  rate: RateBinding | null;
  /** Id in `FILES` of the file in the path; 1 by default. */
  file?: number;
  init?: RequestInit;
}

/** The files of a batch: a stored one, a queued one, and one of two parts. */
export const FILES: readonly TestFile[] = [
  { name: "stored", size: 1 },
  { name: "to come", size: 1 },
  { name: "in parts", size: LIMITS.partBytes + 1 },
];

const FORM = formRequest(formBody([{ name: 1, bytes: "x", filename: "x" }]));
const BYTE = { body: "x", headers: { "Content-Length": "1" } };
const SOCKET = { headers: { Upgrade: "websocket" } };

/** All routes. auth.test.ts fails for a route that is not listed. */
export const ROUTE_CASES: readonly RouteCase[] = [
  { route: "GET /v1/health", access: "anyone", success: 200, rate: null },
  { route: "GET /v1/openapi.json", access: "anyone", success: 200, rate: null },
  { route: "GET /v1/keys", access: "anyone", success: 200, rate: null },
  { route: "GET /v1/limits", access: "visitor", success: 200, rate: null },
  { route: "GET /b/:batch", access: "anyone", success: 200, rate: null },
  {
    route: "POST /v1/batches",
    access: "creator",
    success: 201,
    rate: "CREATE_RATE",
    init: { body: "{}" },
  },
  { route: "GET /v1/batches", access: "owner", success: 200, rate: "POLL_RATE" },
  { route: "POST /v1/upload", access: "creator", success: 201, rate: "CREATE_RATE", init: FORM },
  {
    route: "GET /v1/batches/:batch",
    access: "reader",
    operator: true,
    success: 200,
    rate: "POLL_RATE",
  },
  {
    route: "GET /v1/batches/:batch/files",
    access: "reader",
    operator: true,
    success: 200,
    rate: "POLL_RATE",
  },
  {
    route: "GET /v1/batches/:batch/files/:file",
    access: "reader",
    operator: true,
    success: 200,
    rate: "POLL_RATE",
  },
  {
    route: "GET /v1/batches/:batch/files/:file/content",
    access: "reader",
    operator: true,
    success: 200,
    rate: "CONTENT_RATE",
    file: 0,
  },
  {
    route: "GET /v1/batches/:batch/sheets/:n",
    access: "reader",
    operator: true,
    // No sheet is stored.
    success: 404,
    rate: "CONTENT_RATE",
  },
  {
    route: "PUT /v1/batches/:batch/sheets/:n",
    access: "writer",
    success: 204,
    rate: "UPLOAD_RATE",
    init: { body: webp(16, 16) },
  },
  {
    route: "GET /v1/batches/:batch/receipt",
    access: "reader",
    operator: true,
    // The batch is not completed: `not_completed`.
    success: 409,
    rate: "POLL_RATE",
  },
  {
    route: "GET /v1/batches/:batch/archive",
    access: "reader",
    operator: true,
    success: 200,
    rate: "ARCHIVE_RATE",
  },
  {
    route: "GET /v1/batches/:batch/live",
    access: "reader",
    success: 101,
    rate: "SOCKET_RATE",
    init: SOCKET,
  },
  { route: "GET /v1/batches/:batch/events", access: "reader", success: 200, rate: "SOCKET_RATE" },
  {
    route: "PATCH /v1/batches/:batch",
    access: "writer",
    success: 200,
    rate: "CONTROL_RATE",
    init: { body: '{"sealed":true}' },
  },
  {
    route: "POST /v1/batches/:batch/files",
    access: "writer",
    success: 201,
    rate: "DECLARE_RATE",
    init: { body: '{"files":[{"name":"added","size":1}]}' },
  },
  {
    route: "POST /v1/batches/:batch/bundle",
    access: "writer",
    success: 200,
    rate: "UPLOAD_RATE",
    init: FORM,
  },
  {
    route: "PUT /v1/batches/:batch/files/:file",
    access: "writer",
    success: 200,
    rate: "UPLOAD_RATE",
    init: BYTE,
  },
  {
    route: "PUT /v1/batches/:batch/files/:file/parts/:part",
    access: "writer",
    success: 200,
    rate: "UPLOAD_RATE",
    file: 2,
    init: BYTE,
  },
  {
    route: "DELETE /v1/batches/:batch/files/:file",
    access: "writer",
    operator: true,
    success: 200,
    rate: "DELETE_RATE",
  },
  { route: "POST /v1/batches/:batch/pause", access: "writer", success: 200, rate: "CONTROL_RATE" },
  { route: "POST /v1/batches/:batch/resume", access: "writer", success: 200, rate: "CONTROL_RATE" },
  { route: "POST /v1/batches/:batch/cancel", access: "writer", success: 200, rate: "CONTROL_RATE" },
  { route: "POST /v1/batches/:batch/retry", access: "writer", success: 200, rate: "CONTROL_RATE" },
  {
    route: "POST /v1/batches/:batch/webhook",
    access: "writer",
    operator: true,
    // The operator has set no webhook: `not_configured`.
    success: 503,
    rate: "CONTROL_RATE",
  },
  {
    route: "DELETE /v1/batches/:batch",
    access: "writer",
    operator: true,
    success: 204,
    rate: "DELETE_RATE",
  },
  {
    route: "POST /v1/batches/:batch/tokens",
    access: "renewer",
    success: 200,
    rate: "CONTROL_RATE",
  },
  {
    route: "GET /v1/operator/owners/:owner?",
    access: "operator",
    success: 200,
    rate: "CONTROL_RATE",
  },
  {
    route: "PUT /v1/operator/owners/:owner?",
    access: "operator",
    success: 200,
    rate: "CONTROL_RATE",
    init: { body: '{"blocked":false}' },
  },
];

const TOKENS: Record<AccessLevel, (tokens: Tokens) => string | Promise<string>> = {
  anyone: () => grantFor(),
  visitor: () => grantFor(),
  creator: () => grantFor(),
  owner: () => grantFor(),
  reader: ({ live }) => live,
  writer: ({ write }) => write,
  renewer: ({ write }) => write,
  operator: () => operatorToken(),
};

/** Returns a token that a route takes. @param tokens of the batch in its path */
export async function tokenFor({ access }: RouteCase, tokens: Tokens): Promise<string> {
  return TOKENS[access](tokens);
}

/** Returns headers with credentials that a route takes. */
export async function headersFor(routeCase: RouteCase, tokens: Tokens): Promise<Headers> {
  if (routeCase.access === "anyone") return new Headers();
  return new Headers(bearer(await tokenFor(routeCase, tokens)));
}

/** Returns the request for a route, to a batch with `FILES`. */
export function requestFor({ route, file = 1, init }: RouteCase, batch: string) {
  const [method = "", pattern = ""] = route.split(" ");
  const path = pattern
    .replace(":batch", batch)
    .replace(":owner?", "an%20owner")
    .replace(":file", String(file))
    .replace(":part", "2")
    .replace(":n", "0");
  return { path, init: { ...init, method } };
}
