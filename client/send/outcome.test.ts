import { expect, test } from "vitest";
import type { BundleResult, FileResource, ProblemCode, Row } from "../../protocol/index.ts";
import { connectionFailed, ProblemError } from "../errors.ts";
import { isBundleResponse } from "../api/guards.ts";
import {
  outcomeOfFile,
  outcomeOfProblem,
  outcomesOfBundle,
  type UploadOutcome,
} from "./outcome.ts";

const PROBLEMS: [ProblemCode, UploadOutcome["kind"]][] = [
  ["batch_paused", "paused"],
  ["rate_limited", "retry"],
  ["internal_error", "retry"],
  ["storage_failed", "retry"],
  ["size_mismatch", "retry"],
  ["type_refused", "rejected"],
  ["file_cancelled", "done"],
  ["malformed_multipart", "rejected"],
  ["unauthorized", "fatal"],
  ["batch_not_found", "fatal"],
  ["batch_cancelled", "fatal"],
  ["batch_expired", "fatal"],
  ["not_configured", "fatal"],
];

test.for(PROBLEMS)("the outcome of %s is %s", ([code, kind]) => {
  expect(outcomeOfProblem(new ProblemError({ code, detail: "" })).kind).toBe(kind);
});

test("the outcome of a failed connection is retry", () => {
  expect(outcomeOfProblem(connectionFailed()).kind).toBe("retry");
});

const ROWS: [Row, UploadOutcome["kind"]][] = [
  [[0, "completed", 100, 5, null], "done"],
  [[0, "processing", 75, 5, null], "done"],
  [[0, "uploading", 50, 5, null], "done"],
  [[0, "cancelled", 0, 0, null], "done"],
  [[0, "failed", 0, 0, "type_refused"], "done"],
  [[0, "failed", 0, 5, "checksum_mismatch"], "retry"],
  [[0, "uploading", 49, 4, null], "retry"],
  [[0, "queued", 0, 0, null], "retry"],
];

function fileOf([id, state, progress, receivedBytes, code]: Row): FileResource {
  const error = code === null ? {} : { error: { code, detail: "", retryable: false } };
  const declared = { name: "n", path: null, size: 5, type: "", attempts: 1 };
  const links = { self: "", content: "" };
  return { id, state, progress, receivedBytes, ...error, ...declared, links };
}

test.for(ROWS)("the outcome of row %s is %s", ([row, kind]) => {
  const file = fileOf(row);
  expect(outcomesOfBundle({ rev: 1, files: [file] }, [0]).get(0)?.kind).toBe(kind);
  expect(outcomeOfFile(file).kind).toBe(kind);
});

test("a bundle's response gives outcomes by id, only for files of the bundle", () => {
  const error = { code: "file_not_found", detail: "", retryable: false } as const;
  const results: BundleResult[] = [
    { id: "7", error },
    fileOf([4, "completed", 100, 1, null]),
    { id: "x", error },
    fileOf([99, "completed", 100, 1, null]),
  ];
  const outcomes = outcomesOfBundle({ rev: 1, files: results }, [4, 5, 7]);
  expect([...outcomes].map(([id, { kind }]) => [id, kind])).toEqual([
    [4, "done"],
    [5, "retry"],
    [7, "rejected"],
  ]);
});

test("an unknown code is retried if its error says so", () => {
  const response: unknown = {
    rev: 1,
    files: [
      { id: 0, error: { code: "out_of_paper", detail: "", retryable: true } },
      { id: 1, error: { code: "out_of_ink", detail: "", retryable: false } },
    ],
  };
  if (!isBundleResponse(response)) throw new Error("A valid response was expected.");
  const outcomes = outcomesOfBundle(response, [0, 1]);
  expect([outcomes.get(0)?.kind, outcomes.get(1)?.kind]).toEqual(["retry", "rejected"]);
});
