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
  isNoConnection,
  isServerCode,
  ProblemError,
  type ClientCode,
} from "../errors.ts";

/** The result of a request for one of its files. */
export type UploadOutcome =
  /** The file is stored, or the server has recorded that it never will be. */
  | { kind: "done" }
  /** The part is stored, the file isn't complete. `isLast`: all of its parts are stored. */
  | { kind: "partStored"; part: number; isLast: boolean }
  /** These parts are stored, the file isn't complete. `isIdle`: the server isn't completing it. */
  | { kind: "partsListed"; received: readonly number[]; isIdle: boolean }
  /** Another try may succeed. */
  | { kind: "retry"; problem: ProblemError }
  /** The file wasn't stored, and another try wouldn't help. */
  | { kind: "rejected"; problem: ProblemError }
  /** No response of the server's arrived, which says nothing about the file. */
  | { kind: "unanswered"; problem: ProblemError }
  /** The batch is paused: the file keeps its place in the queue. */
  | { kind: "paused" }
  /** The server accepts nothing more of this batch. */
  | { kind: "fatal"; problem: ProblemError };

/** By file id. */
export type UploadOutcomes = ReadonlyMap<number, UploadOutcome>;

/** Returns the outcome of a whole request that failed, for each of its files. */
export function outcomeOfRequest(problem: ProblemError): UploadOutcome {
  return isNoConnection(problem) ? { kind: "unanswered", problem } : outcomeOfProblem(problem);
}

/** Returns the outcome of a problem that the server has reported. */
export function outcomeOfProblem(problem: ProblemError): UploadOutcome {
  if (problem.code === "batch_paused") return { kind: "paused" };
  if (problem.code === "file_cancelled") return { kind: "done" };
  if (isFatal(problem.code)) return { kind: "fatal", problem };
  if (problem.retryable) return { kind: "retry", problem };
  return { kind: "rejected", problem };
}

/** Returns the outcome of a response to a file. */
export function outcomeOfFile(file: FileResource): UploadOutcome {
  return outcomeOfState(file.state, file.progress, file.error?.code ?? null);
}

/** Returns the outcome of a response to a part. */
export function outcomeOfPart(file: SingleFileResource, part: number): UploadOutcome {
  const outcome = outcomeOfFile(file);
  if (outcome.kind !== "retry" || file.state === "failed") return outcome;
  if (file.parts?.received.includes(part) !== true) return outcome;
  return { kind: "partStored", part, isLast: file.parts.received.length === file.parts.count };
}

/** Returns the outcome for a part that was sent before, or null if it must be sent again. */
export function outcomeOfRepeat(file: SingleFileResource, part: number): UploadOutcome | null {
  const outcome = outcomeOfPart(file, part);
  // All parts are stored, yet the file isn't complete: sending one again makes the server complete it.
  const isIncomplete = outcome.kind === "partStored" && outcome.isLast;
  return outcome.kind === "retry" || isIncomplete ? null : outcome;
}

/** Returns the outcome of asking which parts are stored. */
export function outcomeOfList(file: SingleFileResource): UploadOutcome {
  const outcome = outcomeOfFile(file);
  if (outcome.kind !== "retry" || file.parts === undefined) return outcome;
  return { kind: "partsListed", received: file.parts.received, isIdle: file.state !== "uploading" };
}

/**
 * Returns the outcomes of a response to a bundle.
 *
 * @param files ids in the bundle; those that the receipt lacks didn't arrive
 */
export function outcomesOfBundle(
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

/** Returns why the request got no response of the server's; null if it got one. */
export function unansweredProblem(outcomes: UploadOutcomes): ProblemError | null {
  for (const outcome of outcomes.values())
    if (outcome.kind === "unanswered") return outcome.problem;
  return null;
}

/** Returns the same outcome for all of these files. */
export function outcomesFor(files: readonly number[], outcome: UploadOutcome): UploadOutcomes {
  return new Map(files.map((id) => [id, outcome]));
}

/** Returns why the server said when to retry one of the files; null if it didn't. */
export function codeOfWait(outcomes: UploadOutcomes): ClientCode | null {
  for (const outcome of outcomes.values())
    if (outcome.kind === "retry" && outcome.problem.retryAfter !== null)
      return outcome.problem.code;
  return null;
}

function outcomeOfResult(result: BundleResponse["files"][number]): [id: number, UploadOutcome] {
  if ("state" in result) return [result.id, outcomeOfFile(result)];
  const { code, detail, retryable } = result.error;
  return [Number(result.id), outcomeOfProblem(problemOf(code, detail, retryable))];
}

function outcomeOfState(
  state: FileState,
  progress: number,
  code: ClientCode | null,
): UploadOutcome {
  const problem = code === null ? null : problemOf(code, "");
  if (state === "failed" && problem?.retryable === true) return { kind: "retry", problem };
  if (isSettled(state) || progress >= PROGRESS.stored) return { kind: "done" };
  return outcomeOfProblem(connectionFailed());
}

/** A newer server's code is unknown here, so its own `retryable` decides. */
function problemOf(code: ClientCode, detail: string, retryable?: boolean): ProblemError {
  if (isServerCode(code)) return new ProblemError({ code, detail });
  return new ProblemError({ code: "unexpected_answer", detail }, { retryable: retryable === true });
}
