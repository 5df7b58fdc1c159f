import { SECOND_MS, TOKEN_MAX_SECONDS } from "../../protocol/index.ts";
import { type Generations, settings } from "../../durable-objects/index.ts";
import { tokenSigner } from "../auth/guard.ts";
import { type Scope, signBatchToken } from "../auth/tokens.ts";

/** Data of a batch that its tokens contain. */
interface TokenBatch {
  id: string;
  generations?: Generations;
  /** Time at which its tokens were made, in seconds since 1970; now by default. */
  issuedAt?: number;
}

/**
 * Returns a new token of a batch.
 *
 * @param seconds its lifetime
 */
export function newToken(
  env: Env,
  { id, generations = {}, issuedAt = Math.floor(Date.now() / SECOND_MS) }: TokenBatch,
  scope: Scope,
  seconds = tokenLifetime(env, scope),
): Promise<string> {
  const { [scope === "read" ? "read" : "write"]: generation = 0 } = generations;
  const token = { batch: id, scope, generation, issuedAt };
  return signBatchToken(tokenSigner(env), token, issuedAt + Math.floor(seconds));
}

/**
 * Returns the lifetime of new tokens in seconds: `LINK_DAYS` for a read token, and a year for the others,
 * which the Batch ends some time after its end.
 *
 * @param kept seconds until the batch is deleted, at which read tokens end as well; null if it is not
 * @param wanted the lifetime that the caller asks for
 */
export function tokenLifetime(
  env: Env,
  scope: Scope,
  kept: number | null = null,
  wanted?: number,
): number {
  if (scope !== "read") return wanted ?? TOKEN_MAX_SECONDS;
  const usual = Math.min(settings(env).linkLifetimeMs / SECOND_MS, TOKEN_MAX_SECONDS);
  return Math.min(wanted ?? usual, kept ?? Infinity);
}
