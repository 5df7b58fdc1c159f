import {
  type EntryError,
  type FileError,
  type Problem,
  type ProblemCode,
  PROBLEM_ANSWERS,
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
    extra: {
      headers?: Record<string, string>;
      errors?: readonly EntryError[];
      /** Seconds after which the same request may be sent again. */
      retryAfter?: number | undefined;
    } = {},
  ) {
    super(detail);
    this.name = "ProblemError";
    this.code = code;
    const { headers = {}, retryAfter } = extra;
    const wait = retryAfter !== undefined && { "Retry-After": String(retryAfter) };
    this.headers = { ...headers, ...wait };
    this.errors = extra.errors;
  }

  static from({
    code,
    detail,
    retryAfter,
  }: Pick<FileError, "code" | "detail"> & { retryAfter?: number }): ProblemError {
    return new ProblemError(code, detail, { retryAfter });
  }

  toResponse(requestId: string): Response {
    const { status, title } = PROBLEM_ANSWERS[this.code];
    const problem: Problem = {
      type: "about:blank",
      title,
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
