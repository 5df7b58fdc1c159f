import type { FileResource, Row } from "../protocol/index.ts";

/** A file of a page as the row that a frame would bring. */
export function rowOf(file: FileResource): Row {
  return [file.id, file.state, file.progress, file.receivedBytes, file.error?.code ?? null];
}
