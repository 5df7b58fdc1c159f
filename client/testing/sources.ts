import type { Source } from "../source.ts";

/** Returns a source of `size` zero bytes. */
export function source(name: string, size: number, path?: string): Source {
  return { name, ...(path !== undefined && { path }), blob: new Blob([new Uint8Array(size)]) };
}
