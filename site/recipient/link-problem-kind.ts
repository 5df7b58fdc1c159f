import { serverNow } from "../../client/api/server-time.ts";
import type { ClientCode } from "../../client/index.ts";
import type { StartWords } from "../i18n/start/en.ts";
import { hasLinkExpired } from "../share/link-end.ts";
import { claimsOf } from "../upload/grant.ts";

export type LinkProblemKind = keyof StartWords["linkProblems"];

/**
 * Returns why a link opens nothing; null for a problem that may pass, such as an outage.
 *
 * @param batch the id in the link
 * @param token the link's
 * @param code the problem of the batch
 */
export function linkProblem(
  batch: string,
  token: string,
  code: ClientCode | null,
): LinkProblemKind | null {
  switch (code) {
    case "token_revoked":
      return "ended";
    case "batch_not_found":
      // An id that is cut off is no batch's, either.
      return claimsOf(token).batch === batch ? "deleted" : "invalid";
    case "batch_expired":
      return "unfinished";
    case "unauthorized":
    case "forbidden":
    case "not_found":
      return hasLinkExpired(token, serverNow()) ? "expired" : "invalid";
    case null:
    default:
      return null;
  }
}
