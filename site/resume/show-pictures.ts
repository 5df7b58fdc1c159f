import type { Upload } from "../upload/uploads.ts";

/**
 * Has the pictures among the kept files of a batch begun before be seen small, as soon as they are here:
 * those that are still to be sent, as what is stored is not kept.
 */
export function addThumbnails({ uploader, thumbnails }: Upload): () => void {
  const shown = new Set<number>();
  return uploader.on("progress", ({ files }) => {
    for (const file of files) {
      const content = shown.has(file) ? undefined : uploader.contentOf(file);
      if (content === undefined) continue;
      shown.add(file);
      thumbnails?.add(file, [{ blob: withType(content, uploader.ledger.type(file)) }]);
    }
  });
}

/** Has the pictures be seen small among what was brought again: those that are stored as well. */
export function addMatchedThumbnails(
  { thumbnails }: Upload,
  found: ReadonlyMap<number, Blob>,
): void {
  for (const [file, blob] of found) thumbnails?.add(file, [{ blob }]);
}

/** What was kept is bytes alone: of which kind they are, the batch knows. */
function withType(content: Blob, type: string): Blob {
  return content.type === "" ? content.slice(0, content.size, type) : content;
}
