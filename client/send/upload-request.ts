import type { BatchApi } from "../api/batch-api.ts";
import { BodyLayout } from "./body-layout.ts";
import type { Ledger } from "../ledger.ts";
import { type PartDigests, sliceOf } from "./part-digests.ts";
import type { PlannedRequest, ListPartsRequest } from "./planner.ts";
import type { BundlePart, UploadRequest } from "../transport/transport.ts";

/** A planned request that carries bytes of files. */
export type Carrier = Exclude<PlannedRequest, ListPartsRequest>;

/** Where the bytes of a request come from, and where they go to. */
export interface OutgoingContext {
  api: BatchApi;
  ledger: Ledger;
  blobOf: (id: number) => Blob;
  digests: PartDigests;
}

/** A request as it goes out, and which of its bytes are whose. */
export interface Outgoing {
  request: UploadRequest;
  layout: BodyLayout;
}

/**
 * Makes a planned request ready to be sent. Of a part, and only of a part, the bytes are read.
 *
 * @throws ProblemError `file_unreadable`
 */
export async function outgoing(planned: Carrier, context: OutgoingContext): Promise<Outgoing> {
  const { api, blobOf, digests } = context;
  switch (planned.kind) {
    case "bundle":
      return bundle(planned.files, context);
    case "whole": {
      const [id] = planned.files;
      return oneFile(api.fileUrl(id), { id, blob: blobOf(id) }, headersOf(id, context));
    }
    case "part": {
      const [id] = planned.files;
      const blob = sliceOf(blobOf(id), planned.part);
      const headers = { ...headersOf(id, context), ...(await digests.take([id, planned.part])) };
      return oneFile(api.partUrl(id, planned.part), { id, blob }, headers);
    }
  }
}

function bundle(files: readonly number[], { api, blobOf }: OutgoingContext): Outgoing {
  const body = files.map((id) => ({ id, blob: blobOf(id) }));
  const layout = new BodyLayout(body.map(({ id, blob: { size } }) => ({ id, size })));
  const request = { method: "POST", url: api.bundleUrl, headers: api.authorization, body } as const;
  return { request, layout };
}

function oneFile(
  url: string,
  { id, blob: body }: BundlePart,
  headers: UploadRequest["headers"],
): Outgoing {
  const layout = new BodyLayout([{ id, size: body.size }]);
  return { request: { method: "PUT", url, headers, body }, layout };
}

function headersOf(id: number, { api, ledger }: OutgoingContext): UploadRequest["headers"] {
  const type = ledger.type(id) || "application/octet-stream";
  return { ...api.authorization, "content-type": type };
}
