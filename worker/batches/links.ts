import type { BatchLinks, FileResource } from "../../protocol/index.ts";
import type { FileDetails } from "../../durable-objects/index.ts";

/** Where everything of a batch is, as paths on this Worker's origin. */
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
