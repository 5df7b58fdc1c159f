import type { ClientProblem } from "../../client/index.ts";
import type { CreatedBatch, Summary, Totals } from "../../protocol/index.ts";

/** How far a batch is. */
export interface ProgressEventDetail {
  /** Confirmed by the server: 0 to 100, two decimals. */
  percentComplete: number;
  /** Handed to the network: 0 to 100, two decimals. For those who only watch, what has arrived. */
  percentSent: number;
  /** Files by state, and bytes. */
  totals: Totals;
}

/** What each event of an element has as its `detail`. All bubble, also out of shadow trees. */
export interface TallymanEventDetails {
  /** The uploader has made a batch: its id, tokens, links and limits. */
  "tallyman:created": CreatedBatch;
  /** The batch is further than it was. Once a frame at most. */
  "tallyman:progress": ProgressEventDetail;
  /** Every file is settled. Comes again when failed files were tried again. */
  "tallyman:completed": Summary;
  /** Something is wrong beyond single files. */
  "tallyman:problem": ClientProblem;
}

type TallymanEvents = {
  [Name in keyof TallymanEventDetails]: CustomEvent<TallymanEventDetails[Name]>;
};

declare global {
  interface HTMLElementEventMap extends TallymanEvents {}
}

/** Tells whoever listens to an element, or to anything around it. */
export function dispatch<Name extends keyof TallymanEventDetails>(
  element: HTMLElement,
  name: Name,
  detail: TallymanEventDetails[Name],
): void {
  element.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
}
