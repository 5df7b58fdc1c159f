import { partLayout } from "../protocol/index.ts";
import type { BatchApi } from "./api.ts";
import { bundleBody, wholeBody, type Body } from "./bundle-body.ts";
import { contentDigest } from "./digest.ts";
import type { Ledger } from "./ledger.ts";
import type { PartRequest, PlannedRequest, SurveyRequest } from "./planner.ts";
import type { UploadRequest } from "./transport.ts";

/** A planned request that carries bytes of files. */
export type Carrier = Exclude<PlannedRequest, SurveyRequest>;

/** Where the bytes of a request come from, and where they go to. */
export interface OutgoingContext {
  api: BatchApi;
  ledger: Ledger;
  blobOf: (id: number) => Blob;
}

/** A request as it goes out, and which of its bytes are whose. */
export interface Outgoing extends Pick<Body, "layout"> {
  request: UploadRequest;
}

/**
 * Makes a planned request ready to be sent. Of a part, and only of a part, the bytes are read.
 *
 * @throws ProblemError `file_unreadable`
 */
export async function outgoing(planned: Carrier, context: OutgoingContext): Promise<Outgoing> {
  const { api, blobOf } = context;
  switch (planned.kind) {
    case "bundle": {
      const body = bundleBody(planned.files.map((id) => ({ id, blob: blobOf(id) })));
      return outgoingOf("POST", api.bundleUrl, body, api.authorization);
    }
    case "whole": {
      const [id] = planned.files;
      return outgoingOf("PUT", api.fileUrl(id), bodyOf(id, blobOf(id), context), api.authorization);
    }
    case "part": {
      const [id] = planned.files;
      const slice = sliceOf(blobOf(id), planned);
      const headers = { ...api.authorization, ...(await contentDigest(slice)) };
      return outgoingOf("PUT", api.partUrl(id, planned.part), bodyOf(id, slice, context), headers);
    }
  }
}

function bodyOf(id: number, blob: Blob, { ledger }: OutgoingContext): Body {
  return wholeBody(id, blob, ledger.type(id));
}

/** No bytes are read for this, however large the file is. */
function sliceOf(blob: Blob, { part }: PartRequest): Blob {
  const { partBytes } = partLayout(blob.size);
  return blob.slice((part - 1) * partBytes, part * partBytes);
}

function outgoingOf(
  method: UploadRequest["method"],
  url: string,
  { blob, contentType, layout }: Body,
  headers: Readonly<Record<string, string>>,
): Outgoing {
  const request = { method, url, headers: { ...headers, "content-type": contentType }, body: blob };
  return { request, layout };
}
