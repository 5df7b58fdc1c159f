import { connectionFailed, isServerCode, ProblemError } from "../errors.ts";
import { isRetryableStatus, parseRetryAfter } from "./retry.ts";
import type { Guard } from "./guards.ts";

/** An HTTP answer, read to its end. */
export interface HttpResponse {
  status: number;
  headers: Headers;
  body: string;
}

/**
 * What a successful answer says.
 *
 * @throws ProblemError when it is not a success, or not what was asked for. An answer that is not
 * Tallyman's own (a proxy's, a hotel's log-in page) counts as no connection.
 */
export function parseResponse<Body>(answer: HttpResponse, isExpected: Guard<Body>): Body {
  const body = parseJson(answer.body);
  if (!isSuccess(answer.status)) throw problemOf(answer, body);
  if (!isExpected(body)) throw connectionFailed(new Error("The answer is not one of Tallyman's."));
  return body;
}

/** JSON, or undefined for what is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** The problem that an answer tells of: by its code, or by its status where it has none. */
function problemOf({ status, headers }: HttpResponse, body: unknown): ProblemError {
  const retryAfter = parseRetryAfter(headers.get("retry-after"));
  const { code, detail } = problemFields(body);
  if (isServerCode(code)) {
    return new ProblemError({ code, detail }, { retryAfter });
  }
  const problem = { code: "unexpected_answer", detail: `The server answered ${status}.` } as const;
  return new ProblemError(problem, { retryable: isRetryableStatus(status), retryAfter });
}

function problemFields(body: unknown): { code: unknown; detail: string } {
  if (typeof body !== "object" || body === null) return { code: undefined, detail: "" };
  const detail: unknown = Reflect.get(body, "detail");
  return { code: Reflect.get(body, "code"), detail: typeof detail === "string" ? detail : "" };
}
