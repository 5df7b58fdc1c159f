import { UNKNOWN_TYPE } from "../../protocol/index.ts";
import type { BatchApi } from "../api/batch-api.ts";
import type { Ledger } from "../ledger.ts";
import type { UploadRequest } from "../transport/transport.ts";
import { BodyLayout } from "./body-layout.ts";
import { blobSha256, contentDigest, type Sha256, sha256 } from "./digest.ts";
import type { SentParts } from "./digest-check.ts";
import { type PartDigests, sliceOf } from "./part-digests.ts";
import { bytesOf, type PartRequest } from "./planner.ts";

/** The content of files, and the API that they are sent to. */
export interface TransmissionContext {
  api: BatchApi;
  ledger: Ledger;
  contentOf: (id: number) => Blob;
  digests: PartDigests;
  sentParts: SentParts;
}

/** An HTTP request, and which bytes of its body belong to which file. */
export interface Transmission {
  request: UploadRequest;
  layout: BodyLayout;
  /** The files whose received bytes are those of this request: a file of parts is in several. */
  whole: readonly number[];
  /** The SHA-256 that it carries, of each file or of the part. */
  digests: ReadonlyMap<number, Sha256>;
  /** Length of the body, as it's planned. */
  bytes: number;
}

/** @param contents bytes of the files, by id */
export async function bundleRequest(
  contents: ReadonlyMap<number, Uint8Array<ArrayBuffer>>,
  { api, ledger }: TransmissionContext,
): Promise<Transmission> {
  const digests = await digestsOf(contents);
  const body = Array.from(contents, ([id, bytes]) => {
    return { id, bytes, headers: contentDigest(digests.get(id) ?? null) };
  });
  const layout = new BodyLayout(Array.from(contents, ([id, { length }]) => ({ id, size: length })));
  const request = { method: "POST", url: api.bundleUrl, headers: api.authorization, body } as const;
  const files = [...contents.keys()];
  const bytes = bytesOf({ kind: "bundle", files }, (id) => ledger.size(id));
  return { request, layout, whole: files, digests, bytes };
}

async function digestsOf(
  contents: ReadonlyMap<number, Uint8Array<ArrayBuffer>>,
): Promise<ReadonlyMap<number, Sha256>> {
  return new Map(await Promise.all(Array.from(contents, digestOf)));
}

async function digestOf([id, bytes]: [number, BufferSource]): Promise<[number, Sha256]> {
  return [id, await sha256(bytes)];
}

const EMPTY = new Blob();

/** Reads the file, for its digest. @throws ProblemError `file_unreadable` */
export async function fileRequest(id: number, context: TransmissionContext): Promise<Transmission> {
  const content = context.contentOf(id);
  // A request that opens a named pipe, whose size is 0, never ends.
  const body = content.size === 0 ? EMPTY : content;
  const digest = await blobSha256(body);
  const request = putRequest(context.api.fileUrl(id), { id, body, digest }, context);
  return { ...request, whole: [id] };
}

/** Reads the part, for its digest. @throws ProblemError `file_unreadable` */
export async function partRequest(
  { files: [id], part }: PartRequest,
  context: TransmissionContext,
): Promise<Transmission> {
  const { api, contentOf, digests } = context;
  const body = sliceOf(contentOf(id), part);
  const digest = await digests.take([id, part]);
  return putRequest(api.partUrl(id, part), { id, body, digest }, context);
}

interface PutContent {
  id: number;
  body: Blob;
  digest: Sha256;
}

function putRequest(
  url: string,
  { id, body, digest }: PutContent,
  { api, ledger }: TransmissionContext,
): Transmission {
  const layout = new BodyLayout([{ id, size: body.size }]);
  const type = { "content-type": ledger.type(id) || UNKNOWN_TYPE };
  const headers = { ...api.authorization, ...type, ...contentDigest(digest) };
  const request = { method: "PUT", url, headers, body } as const;
  return { request, layout, whole: [], digests: new Map([[id, digest]]), bytes: body.size };
}
