import type { Source } from "../../client/index.ts";
import { yieldToMain, SLICE_MS } from "../ui/yield-to-main.ts";
import type { FileSlice, OnFound } from "./read-folders.ts";
import { sourceOf } from "./sources.ts";

/**
 * Reads what the disk says of files, in slices: where a browser asks it only when a page wants to
 * know, the page waits for each answer.
 */
export async function* readFiles(
  files: readonly (File | Source)[],
  onFound: OnFound,
): AsyncGenerator<FileSlice, void, void> {
  onFound(files);
  for (let read = 0; read < files.length; await yieldToMain()) {
    const until = performance.now() + SLICE_MS;
    const sources: Source[] = [];
    for (; read < files.length && performance.now() < until; read++) {
      const file = files[read];
      if (file !== undefined) sources.push(file instanceof File ? sourceOf(file) : file);
    }
    yield { sources, read: sources.length, unreadable: 0 };
  }
}
