import { SheetQuery } from "../routes/query.ts";
import type { Operation } from "./operation.ts";

/** The calls of contact sheets. */
export const SHEET_OPERATIONS: Readonly<Record<string, Operation>> = {
  "GET /v1/batches/:batch/sheets/:n": {
    id: "getSheet",
    tag: "Files",
    summary: "Get a contact sheet",
    description:
      "Sheet n has the pictures of the files from 256 n on, in 16 rows of 16 tiles of 64 px. With `v`, its etag, the response is immutable.",
    opens: "reader",
    query: SheetQuery,
    headers: ["If-None-Match"],
    responses: {
      200: {
        about: "The sheet, as its sender has drawn it.",
        type: "image/webp",
        headers: ["ETag"],
      },
      304: { about: "Nothing has changed." },
    },
    problems: ["no_sheet", "storage_failed"],
  },
  "PUT /v1/batches/:batch/sheets/:n": {
    id: "putSheet",
    tag: "Files",
    summary: "Store a contact sheet",
    description: "At most once in two seconds for each sheet.",
    opens: "writer",
    headers: ["If-Match", "If-None-Match"],
    body: { type: "image/webp", about: "At most 512 KiB and 1,024 × 1,024 pixels." },
    responses: { 204: { about: "It is stored.", headers: ["ETag"] } },
    problems: [
      "no_sheet",
      "precondition_failed",
      "type_refused",
      "batch_cancelled",
      "storage_failed",
    ],
  },
};
