import { connectionFailed } from "../errors.ts";

/** A grant of the operator's backend, or what gets one from there when it is needed. */
export type Grant = string | (() => string | undefined | Promise<string | undefined>);

/** The grant of the moment. Throws ProblemError where it cannot be had. */
export async function getGrant(grant: Grant | undefined): Promise<string | undefined> {
  if (typeof grant !== "function") return grant;
  try {
    return await grant();
  } catch (error) {
    throw connectionFailed(error);
  }
}
