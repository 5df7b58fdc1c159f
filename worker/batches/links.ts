import type {
  BatchResource,
  FileParts,
  FileResource,
  SingleFileResource,
} from "../../protocol/index.ts";
import {
  type BatchDetails,
  batchLinks,
  type FileDetails,
  settings,
  type SingleFileDetails,
} from "../../durable-objects/index.ts";
import { partsDigest } from "../../storage/digests.ts";
import type { AppContext } from "../context.ts";
import { announcedLimits } from "./announced-limits.ts";

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

/**
 * Returns the origin of links: that of the operator, or else that at which their batch was created, which
 * is the same for all readers.
 *
 * @param stored the latter; absent for the request's own, of a new batch or one of an earlier version
 */
export function linkOrigin(c: AppContext, stored?: string): string {
  return settings(c.env).publicOrigin ?? stored ?? requestOrigin(c);
}

/** The platform routes requests by their host, so it is one of the Worker's own addresses. */
export function requestOrigin(c: AppContext): string {
  return new URL(c.req.url).origin;
}

/** Returns a batch with its links and, for a token that opens calls with limits, with its limits. */
export function batchResource(
  c: AppContext,
  { origin, grantLimits, keepDays, ...batch }: BatchDetails,
): BatchResource {
  return {
    ...batch,
    links: batchLinks(linkOrigin(c, origin), batch.id),
    ...(!c.var.isReader && {
      limits: { ...announcedLimits(c.env, grantLimits ?? null), keepDays: keepDays ?? null },
    }),
  };
}

/** Returns a file with its links. */
export function fileResource(
  c: AppContext,
  batch: string,
  { origin: stored, ...file }: FileDetails,
): FileResource {
  const origin = linkOrigin(c, stored);
  const contentOrigin = settings(c.env).contentOrigin ?? origin;
  const path = `/v1/batches/${batch}/files/${file.id}`;
  return { ...file, links: { self: origin + path, content: `${contentOrigin}${path}/content` } };
}

/** @param hasDigests true to include the digests of the file's parts */
export async function singleFileResource(
  c: AppContext,
  batch: string,
  { parts, ...file }: SingleFileDetails,
  hasDigests = false,
): Promise<SingleFileResource> {
  const resource = fileResource(c, batch, file);
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
