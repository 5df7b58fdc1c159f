import type { Source } from "../../client/index.ts";
import { SLICE_MS, yieldToMain } from "../ui/yield-to-main.ts";
import { inNaturalOrder } from "./natural-order.ts";
import type { FileSlice, OnFound } from "./read-folders.ts";
import { sourceOf } from "./sources.ts";

/**
 * Reads the metadata of files in slices, as some browsers read it from disk on first access and block
 * the page for each file.
 */
export async function* readFiles(
  unordered: readonly (File | Source)[],
  onFound: OnFound,
): AsyncGenerator<FileSlice, void, void> {
  const files = inNaturalOrder(unordered, pathOf);
  onFound(files);
  for (let read = 0; read < files.length; await yieldToMain()) {
    const until = performance.now() + SLICE_MS;
    const [first, sources, unreadable]: [number, Source[], string[]] = [read, [], []];
    for (; read < files.length && performance.now() < until; read++) {
      const file = files[read];
      if (file === undefined) continue;
      try {
        sources.push(file instanceof File ? sourceOf(file) : file);
      } catch {
        unreadable.push(file.name);
      }
    }
    yield { sources, read: read - first, skipped: { unreadable } };
  }
}

/** Returns folder and name, as far as known. */
function pathOf(file: File | Source): string {
  const path = file instanceof File ? file.webkitRelativePath : (file.path ?? "");
  return path === "" ? file.name : path;
}
