import type { Limits } from "../protocol/index.ts";

/**
 * The data to save in order to resume a batch after a reload, or on another device.
 *
 * @example
 * const saved: ResumableBatch = JSON.parse(localStorage.getItem("batch") ?? "");
 * const uploader = new Uploader({ endpoint: location.origin, batch: saved });
 */
export interface ResumableBatch {
  id: string;
  /**
   * The Uploader needs the write token only. The read token is for sharing the batch; with the live token
   * the Uploader connects sooner.
   */
  tokens: { write: string; read?: string; live?: string };
  /** Default: the protocol's. */
  limits?: Limits;
}
