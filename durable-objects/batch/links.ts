import type { BatchLinks } from "../../protocol/index.ts";

/** Returns the addresses of a batch. */
export function batchLinks(origin: string, batch: string): BatchLinks {
  const self = `${origin}/v1/batches/${batch}`;
  return {
    self,
    files: `${self}/files`,
    live: `${self}/live`,
    events: `${self}/events`,
    bundle: `${self}/bundle`,
    page: `${origin}/b/${batch}`,
  };
}
