import { ProblemError } from "../../client/index.ts";
import { fetchResponse, foreignProblem, parseResponse } from "../../client/api/request.ts";

const TIMEOUT_MS = 10_000;
/** The server's refusal of the range below, for an empty file. */
const NO_RANGE = 416;

/**
 * Asks the server for one byte of a file that the browser couldn't show, as the element doesn't say why.
 *
 * @returns null if the server sends the file, or sends the browser to another origin for it
 */
export async function contentProblem(link: string): Promise<ProblemError | null> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const init = { headers: { range: "bytes=0-0" }, redirect: "manual", signal } as const;
  try {
    const response = await fetchResponse(link, new AbortController().signal, init);
    // That of a redirect, whose target the page's policy doesn't let it ask.
    if (response.status === 0) return null;
    const isSent = response.status < 300 || response.status === NO_RANGE;
    return foreignProblem(response) ?? (isSent ? null : parseResponse(response, isNothing));
  } catch (error) {
    if (error instanceof ProblemError) return error;
    throw error;
  }
}

function isNothing(_body: unknown): _body is null {
  return false;
}
