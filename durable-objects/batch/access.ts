import * as v from "valibot";
import { SECOND_MS } from "../../protocol/index.ts";
import type { Settings } from "../settings.ts";
import { endOf, keepUntil, type KeptBatch } from "./keeping.ts";
import type { Tally } from "./tally.ts";

/** Scopes whose tokens can be revoked. A live token ends with the write tokens. */
export const REVOCABLE_SCOPES = ["write", "read"] as const;
export type RevocableScope = (typeof REVOCABLE_SCOPES)[number];

const TokenAccess = v.object({
  scope: v.picklist(["write", "read", "live"]),
  /** The number of revocations before the token was made. */
  generation: v.number(),
  /** In seconds since 1970. */
  issuedAt: v.number(),
});
/** The claims of a batch token that the Worker has verified, and that only the Batch can judge. */
export type TokenAccess = v.InferOutput<typeof TokenAccess>;

/** Parses the access in the address by which the Worker opens a socket; undefined if it has none. */
export function parseAccess({ searchParams }: URL): TokenAccess | undefined {
  const text = searchParams.get("access");
  return text === null ? undefined : v.parse(TokenAccess, JSON.parse(text));
}

/** The number of times that the tokens of each scope were revoked; 0 if it is absent. */
export type Generations = Partial<Record<RevocableScope, number>>;

/** Returns the scope whose revocation ends a token. */
export function revocableScope(scope: TokenAccess["scope"]): RevocableScope {
  return scope === "read" ? "read" : "write";
}

/**
 * True if a token was revoked, or has outlived its batch: tokens that were made before the end of the
 * batch open it for `linkLifetimeMs` more. A read token ends by its own expiry.
 *
 * @param access undefined for a call of the Worker's own
 */
export function isTokenEnded(
  { batch }: Pick<Tally, "batch">,
  access: TokenAccess | undefined,
  { linkLifetimeMs }: Pick<Settings, "linkLifetimeMs">,
): boolean {
  if (!access) return false;
  const scope = revocableScope(access.scope);
  if (access.generation !== (batch.generations?.[scope] ?? 0)) return true;
  const from = Math.max(endOf(batch) ?? Infinity, access.issuedAt * SECOND_MS);
  return scope === "write" && from + linkLifetimeMs <= Date.now();
}

/** The values that new tokens, and the links beside them, are made with. */
export interface TokenSource extends Required<Generations> {
  /** Origin of the batch; absent in batches of an earlier version. */
  origin?: string;
  /** Time at which the batch is deleted, in ms since 1970; null if it is not. Absent in earlier versions. */
  keepUntil?: number | null;
}

export function tokenSource(batch: KeptBatch & { config: { origin?: string } }): TokenSource {
  const { origin } = batch.config;
  const generations = { write: 0, read: 0, ...batch.tally.batch.generations };
  return { ...generations, keepUntil: keepUntil(batch), ...(origin !== undefined && { origin }) };
}

/** Returns the generations after the tokens of these scopes were revoked. */
export function revoked(
  generations: Generations = {},
  scopes: readonly RevocableScope[],
): Generations {
  const next = { ...generations };
  for (const scope of scopes) next[scope] = (generations[scope] ?? 0) + 1;
  return next;
}
