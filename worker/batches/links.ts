import type { BatchLinks, FileResource } from "../../protocol/index.ts";
import type { FileDetails } from "../../durable-objects/index.ts";

const BATCH_ID = /^[0-9a-f]{32}$/u;

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

export function fileResource<File extends FileDetails>(
  batch: string,
  file: File,
): File & Pick<FileResource, "links"> {
  const self = `${batchLinks(batch).files}/${file.id}`;
  return { ...file, links: { self, content: `${self}/content` } };
}
