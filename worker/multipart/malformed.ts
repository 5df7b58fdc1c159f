import { ProblemError } from "../http/problem.ts";

/** @param why completes the sentence "The form is malformed, as …" */
export function malformed(why: string): ProblemError {
  return new ProblemError(
    "malformed_multipart",
    `The form is malformed, as ${why}; send valid multipart/form-data.`,
  );
}
