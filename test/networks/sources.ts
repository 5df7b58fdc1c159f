import type { Source } from "../../client/index.ts";

/** Makes files of zeros in memory, named by their numbers. */
export function zeros(files: number, bytes: number, prefix = ""): Source[] {
  const blob = new Blob([new Uint8Array(bytes)]);
  return Array.from({ length: files }, (_, number) => ({ name: `${prefix}${number}`, blob }));
}
