import type { Source } from "../../client/index.ts";

/**
 * Returns a browser's file as a source for the uploader.
 *
 * @param path folder and name; files of a picked folder have it already
 */
export function sourceOf(file: File, path: string = file.webkitRelativePath): Source {
  const { name, type, lastModified } = file;
  return { name, type, lastModified, blob: file, ...(path !== "" && { path }) };
}
