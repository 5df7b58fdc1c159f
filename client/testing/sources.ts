import type { Source } from "../source.ts";

/** A file of so many bytes, all of them 0. */
export function source(name: string, size: number, path?: string): Source {
  return { name, ...(path !== undefined && { path }), blob: new Blob([new Uint8Array(size)]) };
}
