import { utf8 } from "../testing/multipart.ts";
import type { Recording } from "./recordings.ts";

const CONTENT = "/v1/batches/{batch}/files/0/content";
const READ = { Authorization: "Bearer {read}" };
const WRITE = { Authorization: "Bearer {write}" };

/** What once failed: each is tried first, every time. */
export const CORPUS: readonly Recording[] = [
  // The headers of a stream: its socket stayed open, and so a batch's room for watchers filled up.
  { method: "HEAD", path: "/v1/batches/{batch}/events", headers: READ, body: null },
  // R2 throws at a condition that it cannot read: was 502, and a date that is none was 412.
  { method: "GET", path: CONTENT, headers: { ...READ, "If-None-Match": '#1", W/"2"' }, body: null },
  { method: "GET", path: CONTENT, headers: { ...READ, "If-Match": "none" }, body: null },
  // JSON.stringify recurses, JSON.parse does not: was 500.
  {
    method: "POST",
    path: "/v1/batches",
    headers: {},
    body: utf8(`{"metadata":{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}}`),
  },
  // A drawing of infinite width: its width was null, which clients take for no file at all.
  {
    method: "PUT",
    path: "/v1/batches/{batch}/files/4",
    headers: { ...WRITE, "Content-Length": "{length}" },
    body: utf8('<svg width="1e999" height="2"/>'),
  },
];
