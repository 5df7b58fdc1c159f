import {
  isSettled,
  PROGRESS,
  type BundleReceipt,
  type FileResource,
  type FileState,
} from "../protocol/index.ts";
import {
  connectionFailed,
  isFatal,
  isServerCode,
  isWorthRetrying,
  ProblemError,
  type ClientCode,
} from "./problems.ts";

/** What is to become of one file after a request that carried it. */
export type Verdict =
  /** The server has it, or has put on record why it never will. */
  | { kind: "done" }
  /** Worth another try. */
  | { kind: "again"; problem: ProblemError }
  /** Not taken, and another try would not help. */
  | { kind: "refused"; problem: ProblemError }
  /** The batch is paused: the file keeps its place. */
  | { kind: "later" }
  /** Nothing more of this batch will be taken. */
  | { kind: "fatal"; problem: ProblemError };

export type Verdicts = ReadonlyMap<number, Verdict>;

/** When the file, or the whole request, met a problem. */
export function verdictOfProblem(problem: ProblemError): Verdict {
  if (problem.code === "batch_paused") return { kind: "later" };
  if (isFatal(problem.code)) return { kind: "fatal", problem };
  if (problem.retryable) return { kind: "again", problem };
  return { kind: "refused", problem };
}

/** From the answer to a whole file. */
export function verdictOfFile(file: FileResource): Verdict {
  return verdictOfState(file.state, file.progress, file.error?.code ?? null);
}

/**
 * From the answer to a bundle.
 *
 * @param files the ids in the bundle; one that the receipt leaves out was not seen to arrive
 */
export function verdictsOfReceipt(receipt: BundleReceipt, files: readonly number[]): Verdicts {
  const verdicts = new Map<number, Verdict>();
  for (const id of files) verdicts.set(id, verdictOfProblem(connectionFailed()));
  for (const result of receipt.files) {
    const [id, verdict] = verdictOfResult(result);
    if (verdicts.has(id)) verdicts.set(id, verdict);
  }
  return verdicts;
}

function verdictOfResult(result: BundleReceipt["files"][number]): [id: number, Verdict] {
  if (Array.isArray(result)) {
    const [id, state, progress, , code] = result;
    return [id, verdictOfState(state, progress, code)];
  }
  const { code, detail, retryable } = result.error;
  return [Number(result.id), verdictOfProblem(problemOf(code, detail, retryable))];
}

function verdictOfState(state: FileState, progress: number, code: ClientCode | null): Verdict {
  if (state === "failed" && code !== null && isServerCode(code) && isWorthRetrying(code)) {
    return { kind: "again", problem: problemOf(code, "") };
  }
  if (isSettled(state) || progress >= PROGRESS.stored) return { kind: "done" };
  return verdictOfProblem(connectionFailed());
}

/** A newer server's code is not known here; whether it is worth a try is in its error. */
function problemOf(code: ClientCode, detail: string, retryable?: boolean): ProblemError {
  if (isServerCode(code)) return new ProblemError({ code, detail });
  return new ProblemError({ code: "unexpected_answer", detail }, { retryable: retryable === true });
}
