import type {
  BatchLinks,
  FileParts,
  FileResource,
  SingleFileResource,
} from "../../protocol/index.ts";
import { type FileDetails, settings, type SingleFileDetails } from "../../durable-objects/index.ts";
import { partsDigest } from "../../storage/digests.ts";

const BATCH_ID = /^[0-9a-f]{32}$/u;
/** A batch's id is as many bytes in hex. */
export const BATCH_ID_BYTES = 16;

/** Returns a new batch id, with 122 random bits. */
export function newBatchId(): string {
  return crypto.randomUUID().replaceAll("-", "");
}

export function isBatchId(text: string): boolean {
  return BATCH_ID.test(text);
}

/** Returns the paths of a batch's resources on this Worker's origin. */
export function batchLinks(batch: string): BatchLinks {
  const self = `/v1/batches/${batch}`;
  return {
    self,
    files: `${self}/files`,
    live: `${self}/live`,
    events: `${self}/events`,
    bundle: `${self}/bundle`,
    tus: "/tus",
    page: `/b/${batch}`,
  };
}

/** Returns a file with its links. The content's is a URL if it has an origin of its own. */
export function fileResource(env: Env, batch: string, file: FileDetails): FileResource {
  const self = `${batchLinks(batch).files}/${file.id}`;
  const content = `${settings(env).contentOrigin ?? ""}${self}/content`;
  return { ...file, links: { self, content } };
}

/** @param hasDigests true to include the digests of the file's parts */
export async function singleFileResource(
  env: Env,
  batch: string,
  { parts, ...file }: SingleFileDetails,
  hasDigests = false,
): Promise<SingleFileResource> {
  const resource = fileResource(env, batch, file);
  return parts ? { ...resource, parts: await partsResource(parts, hasDigests) } : resource;
}

/** The Batch computes no digests, because it is synchronous and WebCrypto is not. */
async function partsResource(
  { digest: known, digests = {}, ...parts }: FileParts,
  hasDigests: boolean,
): Promise<FileParts> {
  const all = Object.values(digests);
  const digest = known ?? (all.length === parts.count ? await partsDigest(all) : null);
  return { ...parts, ...(digest !== null && { digest }), ...(hasDigests && { digests }) };
}
