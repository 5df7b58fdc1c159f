import {
  type EntryError,
  type FileError,
  type Problem,
  type ProblemCode,
  PROBLEM_TITLES,
  PROBLEMS,
} from "../../protocol/index.ts";

/** Thrown wherever a request cannot be done; the app answers it as `application/problem+json`. */
export class ProblemError extends Error {
  readonly code: ProblemCode;
  readonly headers: Readonly<Record<string, string>>;
  readonly errors: readonly EntryError[] | undefined;

  /** @param detail one sentence that says what to do */
  constructor(
    code: ProblemCode,
    detail: string,
    extra: { headers?: Record<string, string>; errors?: readonly EntryError[] } = {},
  ) {
    super(detail);
    this.name = "ProblemError";
    this.code = code;
    this.headers = extra.headers ?? {};
    this.errors = extra.errors;
  }

  static of({ code, detail }: Pick<FileError, "code" | "detail">): ProblemError {
    return new ProblemError(code, detail);
  }

  toResponse(requestId: string): Response {
    const { status } = PROBLEMS[this.code];
    const problem: Problem = {
      type: "about:blank",
      title: PROBLEM_TITLES[this.code],
      status,
      code: this.code,
      detail: this.message,
      requestId,
      ...(this.errors && { errors: this.errors }),
    };
    return Response.json(problem, {
      status,
      headers: { ...this.headers, "Content-Type": "application/problem+json" },
    });
  }
}
