import {
  type EntryError,
  type FileError,
  type Problem,
  type ProblemCode,
  PROBLEM_ANSWERS,
} from "../../protocol/index.ts";

/** An error that the app returns to the client as `application/problem+json` (RFC 9457). */
export class ProblemError extends Error {
  readonly code: ProblemCode;
  readonly headers: Readonly<Record<string, string>>;
  readonly errors: readonly EntryError[] | undefined;

  /** @param detail one sentence that names the value at fault and the fix */
  constructor(
    code: ProblemCode,
    detail: string,
    extra: {
      headers?: Record<string, string>;
      errors?: readonly EntryError[];
      /** Seconds after which the same request may succeed. */
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
      headers: {
        ...this.headers,
        // RFC 9110 requires it of every 401.
        ...(status === 401 && { "WWW-Authenticate": "Bearer" }),
        "Content-Type": "application/problem+json",
      },
    });
  }
}
