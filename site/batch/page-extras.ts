import { type ComponentType, createContext } from "preact";
import type { ClientProblem } from "../../client/index.ts";
import type { Board } from "./board.ts";

export interface ReportProps {
  board: Board;
  /** The batch's outcome as text. */
  outcome: string;
}

/** Parts of a batch's progress that only the page has. The elements don't load them. */
interface PageExtras {
  /** Returns the text for files that wait because their batch couldn't be created. */
  creationProblem: (problem: ClientProblem) => string;
  /** Shows the failed files in the list, and focuses the first of them. */
  showFailed: (first: number) => void;
  /** The batch's name, which its sender can change. */
  Name: ComponentType<{ board: Board }>;
  /** All files in one picture, in place of tally strokes. */
  Picture: ComponentType<{ board: Board }>;
  /** Buttons to copy and download the summary. */
  Report: ComponentType<ReportProps>;
}

/** Provided by the page around the progress of a batch; null inside other pages. */
export const PageExtras = createContext<PageExtras | null>(null);
