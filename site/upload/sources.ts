import type { Source } from "../../client/index.ts";

/**
 * A file of the browser as something to upload.
 * @param path folder and name; for a picked folder the browser knows it already
 */
export function sourceOf(file: File, path: string = file.webkitRelativePath): Source {
  const { name, type, lastModified } = file;
  return { name, type, lastModified, blob: file, ...(path !== "" && { path }) };
}
