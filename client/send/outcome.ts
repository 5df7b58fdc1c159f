import {
  isSettled,
  PROGRESS,
  type BundleResponse,
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
export type UploadOutcome =
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

export type UploadOutcomes = ReadonlyMap<number, UploadOutcome>;

/** When the file, or the whole request, met a problem. */
export function outcomeOfProblem(problem: ProblemError): UploadOutcome {
  if (problem.code === "batch_paused") return { kind: "later" };
  if (problem.code === "file_cancelled") return { kind: "done" };
  if (isFatal(problem.code)) return { kind: "fatal", problem };
  if (problem.retryable) return { kind: "again", problem };
  return { kind: "refused", problem };
}

/** From the answer to a whole file. */
export function outcomeOfFile(file: FileResource): UploadOutcome {
  return outcomeOfState(file.state, file.progress, file.error?.code ?? null);
}

/** From the answer to a part. */
export function outcomeOfPart(file: SingleFileResource, part: number): UploadOutcome {
  const outcome = outcomeOfFile(file);
  if (outcome.kind !== "again" || file.state === "failed") return outcome;
  if (file.parts?.received.includes(part) !== true) return outcome;
  return { kind: "kept", part, isLast: file.parts.received.length === file.parts.count };
}

/**
 * From what is known of a file one part of which may be there; null where the part is to be sent.
 */
export function outcomeOfRepeat(file: SingleFileResource, part: number): UploadOutcome | null {
  const outcome = outcomeOfPart(file, part);
  // With all its parts there the file should be whole: the next of them has the server see to it.
  const isLeftLying = outcome.kind === "kept" && outcome.isLast;
  return outcome.kind === "again" || isLeftLying ? null : outcome;
}

/** From the answer to a survey. */
export function outcomeOfList(file: SingleFileResource): UploadOutcome {
  const outcome = outcomeOfFile(file);
  if (outcome.kind !== "again" || file.parts === undefined) return outcome;
  return { kind: "surveyed", received: file.parts.received, isIdle: file.state !== "uploading" };
}

/**
 * From the answer to a bundle.
 *
 * @param files the ids in the bundle; one that the receipt leaves out was not seen to arrive
 */
export function outcomesOfReceipt(
  receipt: BundleResponse,
  files: readonly number[],
): UploadOutcomes {
  const outcomes = new Map<number, UploadOutcome>();
  for (const id of files) outcomes.set(id, outcomeOfProblem(connectionFailed()));
  for (const result of receipt.files) {
    const [id, outcome] = outcomeOfResult(result);
    if (outcomes.has(id)) outcomes.set(id, outcome);
  }
  return outcomes;
}

function outcomeOfResult(result: BundleResponse["files"][number]): [id: number, UploadOutcome] {
  if (Array.isArray(result)) {
    const [id, state, progress, , code] = result;
    return [id, outcomeOfState(state, progress, code)];
  }
  const { code, detail, retryable } = result.error;
  return [Number(result.id), outcomeOfProblem(problemOf(code, detail, retryable))];
}

function outcomeOfState(
  state: FileState,
  progress: number,
  code: ClientCode | null,
): UploadOutcome {
  const problem = code === null ? null : problemOf(code, "");
  if (state === "failed" && problem?.retryable === true) return { kind: "again", problem };
  if (isSettled(state) || progress >= PROGRESS.stored) return { kind: "done" };
  return outcomeOfProblem(connectionFailed());
}

/** A newer server's code is not known here; whether it is worth a try is in its error. */
function problemOf(code: ClientCode, detail: string, retryable?: boolean): ProblemError {
  if (isServerCode(code)) return new ProblemError({ code, detail });
  return new ProblemError({ code: "unexpected_answer", detail }, { retryable: retryable === true });
}
