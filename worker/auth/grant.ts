import * as v from "valibot";
import { DAY_MS, MINUTE_MS, SECOND_MS } from "../../protocol/index.ts";
import { GrantLimits } from "../../protocol/schemas.ts";
import { unauthorized, verifyGrantJwt } from "./jwt.ts";

/** Longest lifetime of a grant: a leaked one must end by itself. */
const MAX_LIFETIME_MS = 366 * DAY_MS;
/** Difference between the clocks of the app's backend and this one that is tolerated. */
const CLOCK_SKEW_MS = MINUTE_MS;

/** The calls that a grant opens. `tokens` is for the app's backend and never given to a page. */
const Permission = v.picklist(["create", "list", "tokens"]);
export type Permission = v.InferOutput<typeof Permission>;

const GrantClaims = v.object({
  // Names that are not well-formed would share one owner: UTF-8 has the same bytes for all of them.
  sub: v.pipe(
    v.string(),
    v.nonEmpty(),
    v.check((sub) => sub.isWellFormed()),
  ),
  exp: v.number(),
  can: v.optional(v.array(Permission), ["create", "list"]),
  limits: v.optional(v.unknown()),
});

/** A grant that the app's backend has signed. */
export interface Grant {
  /** The operator's name for the owner of the batches that it creates. */
  owner: string;
  can: readonly Permission[];
  /** Limits for each of these batches, in addition to the server's. */
  limits: GrantLimits | null;
}

/** @throws ProblemError `unauthorized` for an invalid grant, or for another token */
export async function verifyGrant(token: string, secrets: readonly string[]): Promise<Grant> {
  const claims = v.safeParse(GrantClaims, await verifyGrantJwt(token, secrets));
  if (!claims.success) {
    throw unauthorized(
      "The token is not a grant; send one with the claims `sub` and `exp`, and with `can`, if it has one, as a list of `create`, `list` and `tokens`.",
    );
  }
  const { sub: owner, exp, can, limits } = claims.output;
  if (exp * SECOND_MS > Date.now() + MAX_LIFETIME_MS + CLOCK_SKEW_MS) {
    throw unauthorized("The grant's `exp` is too late; set it at most 366 days ahead.");
  }
  return { owner, can, limits: limits === undefined ? null : parseLimits(limits) };
}

/** A grant with invalid limits is refused instead of being unlimited. */
function parseLimits(claim: unknown): GrantLimits {
  const limits = v.safeParse(GrantLimits, claim);
  if (limits.success) return limits.output;
  throw unauthorized(`The grant's limits are invalid; correct them: ${limits.issues[0].message}`);
}
