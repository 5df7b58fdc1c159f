import type { ClientProblem, Outage } from "../../client/index.ts";
import type { CreatedBatch, Summary, Totals } from "../../protocol/index.ts";

/** The `detail` of `tallyman:progress`. */
export interface ProgressEventDetail {
  /** Stored bytes, confirmed by the server: 0 to 100, two decimals. */
  percentComplete: number;
  /** Bytes handed to the network, or received if another device sends: 0 to 100, two decimals. */
  percentSent: number;
  /** Files by state, and bytes. */
  totals: Totals;
}

/** The `detail` of each event of an element. All events bubble and are composed. */
export interface TallymanEventDetails {
  /** The uploader has created a batch. */
  "tallyman:created": CreatedBatch;
  /** The batch has progressed. At most once per frame. */
  "tallyman:progress": ProgressEventDetail;
  /** Every file is settled. Dispatched again after a retry of failed files. */
  "tallyman:completed": Summary;
  /** A problem that concerns more than single files. */
  "tallyman:problem": ClientProblem;
  /** The server has been out of reach for five seconds; null once it is back. */
  "tallyman:outage": Outage | null;
  /** All files of the batch are stored, have failed or were cancelled. Processing may go on. */
  "tallyman:stored": { stored: number; failed: number };
  /** The uploader sends nothing more until files are added or retried. */
  "tallyman:idle": { failed: number };
}

type TallymanEvents = {
  [Name in keyof TallymanEventDetails]: CustomEvent<TallymanEventDetails[Name]>;
};

declare global {
  interface HTMLElementEventMap extends TallymanEvents {}
}

/** Dispatches an event of an element, which also reaches listeners outside of its shadow tree. */
export function dispatch<Name extends keyof TallymanEventDetails>(
  element: HTMLElement,
  name: Name,
  detail: TallymanEventDetails[Name],
): void {
  element.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
}

/** Dispatches `tallyman:problem`: the element's code could not be loaded. */
export function dispatchLoadProblem(element: HTMLElement): void {
  const detail = "A script of the element could not be loaded. Call retry() to load it again.";
  dispatch(element, "tallyman:problem", { code: "connection_failed", detail });
}
