import { ProblemError } from "./problem.ts";

/** @param received bytes of the body; null if it was not read beyond the declared ones */
export function sizeMismatch(declared: number, received: number | null): ProblemError {
  const has = received === null ? `more than ${declared} bytes` : `${received} bytes`;
  const detail = `The body has ${has}; send the ${declared} bytes that were declared.`;
  return new ProblemError("size_mismatch", detail);
}

/** @param maxBytes the limit of one request */
export function bodyTooLarge(maxBytes: number): ProblemError {
  const detail = `One request carries at most ${maxBytes} bytes; send a larger file in parts.`;
  return new ProblemError("too_large", detail);
}
