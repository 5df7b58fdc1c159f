import { utf8 } from "../testing/multipart.ts";
import type { Recording } from "./recordings.ts";

const CONTENT = "/v1/batches/{batch}/files/0/content";
const READ = { Authorization: "Bearer {read}" };
const WRITE = { Authorization: "Bearer {write}" };

/** Requests that failed once. Each run starts with them. */
export const CORPUS: readonly Recording[] = [
  // HEAD of the event stream left its socket open, which used up the batch's watchers.
  { method: "HEAD", path: "/v1/batches/{batch}/events", headers: READ, body: null },
  // R2 throws for an invalid condition, which returned 502; an invalid date returned 412.
  { method: "GET", path: CONTENT, headers: { ...READ, "If-None-Match": '#1", W/"2"' }, body: null },
  { method: "GET", path: CONTENT, headers: { ...READ, "If-Match": "none" }, body: null },
  // JSON.stringify recurses and JSON.parse does not, which returned 500.
  {
    method: "POST",
    path: "/v1/batches",
    headers: {},
    body: utf8(`{"metadata":{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}}`),
  },
  // An SVG of infinite width had the width null, which clients reject.
  {
    method: "PUT",
    path: "/v1/batches/{batch}/files/4",
    headers: { ...WRITE, "Content-Length": "{length}" },
    body: utf8('<svg width="1e999" height="2"/>'),
  },
];
