import { LIMITS } from "../../protocol/index.ts";
import type { TestFile } from "./batch.ts";
import { formBody, formRequest } from "./multipart.ts";

/** Who may use a route. */
export type AccessLevel =
  | "anyone"
  /** Whoever has a grant; with `ACCESS = "open"` whoever has none, too. */
  | "creator"
  /** Whoever has a grant, whatever `ACCESS` is. */
  | "owner"
  /** Whoever has a token of the batch. */
  | "reader"
  /** Whoever has the write token of the batch. */
  | "writer";

/** One route of the Worker, who may use it, and a request that whoever may has answered with success. */
export interface RouteCase {
  /** As the app lists it. */
  route: string;
  access: AccessLevel;
  success: number;
  /** Which of `FILES` it is about. */
  file?: number;
  init?: RequestInit;
}

/** A batch's files: one that is stored, one that is not, and one that goes up in parts. */
export const FILES: readonly TestFile[] = [
  { name: "stored", size: 1 },
  { name: "to come", size: 1 },
  { name: "in parts", size: LIMITS.partBytes + 1 },
];

const FORM = formRequest(formBody([{ name: 1, bytes: "x", filename: "x" }]));
const BYTE = { body: "x", headers: { "Content-Length": "1" } };
const SOCKET = { headers: { Upgrade: "websocket" } };

/** Every route there is: a new one without a line here fails the test. */
export const ROUTE_CASES: readonly RouteCase[] = [
  { route: "GET /v1/health", access: "anyone", success: 200 },
  { route: "GET /b/:batch", access: "anyone", success: 200 },
  { route: "POST /v1/batches", access: "creator", success: 201, init: { body: "{}" } },
  { route: "GET /v1/batches", access: "owner", success: 200 },
  { route: "POST /v1/upload", access: "creator", success: 201, init: FORM },
  { route: "GET /v1/batches/:batch", access: "reader", success: 200 },
  { route: "GET /v1/batches/:batch/files", access: "reader", success: 200 },
  { route: "GET /v1/batches/:batch/files/:file", access: "reader", success: 200 },
  { route: "GET /v1/batches/:batch/files/:file/content", access: "reader", success: 200, file: 0 },
  { route: "GET /v1/batches/:batch/live", access: "reader", success: 101, init: SOCKET },
  { route: "GET /v1/batches/:batch/events", access: "reader", success: 200 },
  {
    route: "PATCH /v1/batches/:batch",
    access: "writer",
    success: 200,
    init: { body: '{"sealed":true}' },
  },
  {
    route: "POST /v1/batches/:batch/files",
    access: "writer",
    success: 201,
    init: { body: '{"files":[]}' },
  },
  { route: "POST /v1/batches/:batch/bundle", access: "writer", success: 200, init: FORM },
  {
    route: "PUT /v1/batches/:batch/files/:file",
    access: "writer",
    success: 200,
    init: BYTE,
  },
  {
    route: "PUT /v1/batches/:batch/files/:file/parts/:part",
    access: "writer",
    success: 200,
    file: 2,
    init: BYTE,
  },
  { route: "DELETE /v1/batches/:batch/files/:file", access: "writer", success: 200 },
  { route: "POST /v1/batches/:batch/pause", access: "writer", success: 200 },
  { route: "POST /v1/batches/:batch/resume", access: "writer", success: 200 },
  { route: "POST /v1/batches/:batch/cancel", access: "writer", success: 200 },
  { route: "POST /v1/batches/:batch/retry", access: "writer", success: 200 },
  { route: "DELETE /v1/batches/:batch", access: "writer", success: 204 },
];

/** The request that a door takes, for one batch whose files are `FILES`. */
export function requestFor({ route, file = 1, init }: RouteCase, batch: string) {
  const [method = "", pattern = ""] = route.split(" ");
  const path = pattern
    .replace(":batch", batch)
    .replace(":file", String(file))
    .replace(":part", "2");
  return { path, init: { ...init, method } };
}
