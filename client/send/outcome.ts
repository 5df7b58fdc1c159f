import {
  isSettled,
  PROGRESS,
  type BundleReceipt,
  type FileResource,
  type FileState,
  type SingleFileResource,
} from "../../protocol/index.ts";
import {
  connectionFailed,
  isFatal,
  isServerCode,
  ProblemError,
  type ClientCode,
} from "../errors.ts";

/** What is to become of one file after a request that carried it. */
export type Verdict =
  /** The server has it, or has put on record why it never will. */
  | { kind: "done" }
  /** The part is there, the file not yet whole; maybe all its parts are there. */
  | { kind: "kept"; part: number; isLast: boolean }
  /** These parts are there, the file not yet whole; maybe nobody is at it. */
  | { kind: "surveyed"; received: readonly number[]; isIdle: boolean }
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
  if (problem.code === "file_cancelled") return { kind: "done" };
  if (isFatal(problem.code)) return { kind: "fatal", problem };
  if (problem.retryable) return { kind: "again", problem };
  return { kind: "refused", problem };
}

/** From the answer to a whole file. */
export function verdictOfFile(file: FileResource): Verdict {
  return verdictOfState(file.state, file.progress, file.error?.code ?? null);
}

/** From the answer to a part. */
export function verdictOfPart(file: SingleFileResource, part: number): Verdict {
  const verdict = verdictOfFile(file);
  if (verdict.kind !== "again" || file.state === "failed") return verdict;
  if (file.parts?.received.includes(part) !== true) return verdict;
  return { kind: "kept", part, isLast: file.parts.received.length === file.parts.count };
}

/**
 * From what is known of a file one part of which may be there; null where the part is to be sent.
 */
export function verdictOfRepeat(file: SingleFileResource, part: number): Verdict | null {
  const verdict = verdictOfPart(file, part);
  // With all its parts there the file should be whole: the next of them has the server see to it.
  const isLeftLying = verdict.kind === "kept" && verdict.isLast;
  return verdict.kind === "again" || isLeftLying ? null : verdict;
}

/** From the answer to a survey. */
export function verdictOfSurvey(file: SingleFileResource): Verdict {
  const verdict = verdictOfFile(file);
  if (verdict.kind !== "again" || file.parts === undefined) return verdict;
  return { kind: "surveyed", received: file.parts.received, isIdle: file.state !== "uploading" };
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
  const problem = code === null ? null : problemOf(code, "");
  if (state === "failed" && problem?.retryable === true) return { kind: "again", problem };
  if (isSettled(state) || progress >= PROGRESS.stored) return { kind: "done" };
  return verdictOfProblem(connectionFailed());
}

/** A newer server's code is not known here; whether it is worth a try is in its error. */
function problemOf(code: ClientCode, detail: string, retryable?: boolean): ProblemError {
  if (isServerCode(code)) return new ProblemError({ code, detail });
  return new ProblemError({ code: "unexpected_answer", detail }, { retryable: retryable === true });
}
