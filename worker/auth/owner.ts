import { settings } from "../../durable-objects/index.ts";
import { DAY_MS, SECOND_MS } from "../../protocol/index.ts";
import type { GrantLimits } from "../../protocol/schemas.ts";
import type { AppContext } from "../context.ts";
import { ProblemError } from "../http/problem.ts";
import { sha256Hex } from "../upload/digest.ts";
import { type Permission, verifyGrant } from "./grant.ts";
import { bearerToken } from "./bearer.ts";
import { tokenSigner } from "./guard.ts";
import { isGrant, unauthorized } from "./jwt.ts";
import { countRequest } from "./rate-limit.ts";
import { signOwnerToken, verifyOwnerToken } from "./tokens.ts";

/** Lifetime in seconds of the token that lets an anonymous owner list their batches. */
const OWNER_TOKEN_SECONDS = (366 * DAY_MS) / SECOND_MS;

/** The owner of batches, as the request's grant or owner token identifies them. */
export interface IdentifiedOwner {
  /** The `sub` of the token. */
  name: string;
  /** Key of the owner's object. */
  key: string;
  /** Time at which the token of an anonymous owner expires, in ms since 1970; absent with a grant. */
  endsAt?: number;
  /** Limits that their grant sets for each batch. */
  grantLimits: GrantLimits | null;
}

/** The owner of a new batch. */
export interface Creator extends IdentifiedOwner {
  /** The name of a new anonymous owner; null for an owner whom the request identifies. */
  anonymous: string | null;
}

/**
 * Returns the owner whose batches a request lists, and counts it as a poll.
 *
 * @throws ProblemError `unauthorized` without a valid grant or owner token, `forbidden` for a grant that
 *   doesn't allow listing, `rate_limited`
 */
export async function requireOwner(c: AppContext): Promise<IdentifiedOwner> {
  const token = bearerToken(c);
  if (token === null) {
    throw unauthorized("The request has no grant; send `Authorization: Bearer` with one.");
  }
  const owner = await identify(c, token, "list");
  await countRequest(c, "polls", token);
  return owner;
}

/**
 * Returns the owner of the batch that a request creates, and counts the request. Without a grant or owner
 * token, returns a new anonymous owner if `ACCESS` is `open`.
 *
 * @throws ProblemError `unauthorized` for an invalid token, or without a grant if `ACCESS` requires one;
 *   `forbidden` for a grant that doesn't allow creating batches; `rate_limited`
 */
export async function resolveCreator(c: AppContext): Promise<Creator> {
  const token = bearerToken(c);
  const creator = token === null ? await newOwner(c) : await knownOwner(c, token);
  await countRequest(c, "creation", token);
  return creator;
}

async function knownOwner(c: AppContext, token: string): Promise<Creator> {
  return { ...(await identify(c, token, "create")), anonymous: null };
}

async function newOwner(c: AppContext): Promise<Creator> {
  requireOpenAccess(c);
  return anonymousCreator(crypto.randomUUID());
}

/** Returns a new anonymous owner. @param name that no client can guess */
export async function anonymousCreator(name: string): Promise<Creator> {
  const endsAt = Date.now() + OWNER_TOKEN_SECONDS * SECOND_MS;
  return { ...(await ownerNamed(name)), endsAt, anonymous: name };
}

/** Returns the token of a new anonymous owner. @param issuedAt seconds since 1970 */
export function ownerToken(env: Env, name: string, issuedAt: number): Promise<string> {
  return signOwnerToken(tokenSigner(env), name, issuedAt + OWNER_TOKEN_SECONDS, issuedAt);
}

/**
 * Returns the limits that the request's grant sets; null without one, or with an owner token.
 *
 * @throws ProblemError `unauthorized` for an invalid token
 */
export async function identifiedLimits(c: AppContext): Promise<GrantLimits | null> {
  const token = bearerToken(c);
  if (token === null) return null;
  if (isGrant(token)) return (await verifyGrant(token, settings(c.env).grantSecrets)).limits;
  await verifyOwnerToken(tokenSigner(c.env), token);
  return null;
}

/**
 * Returns the owner whom a grant or an owner token identifies.
 *
 * @param permission that a grant must include
 * @throws ProblemError `unauthorized`, `forbidden`
 */
export async function identify(
  c: AppContext,
  token: string,
  permission: Permission,
): Promise<IdentifiedOwner> {
  if (!isGrant(token)) {
    const { owner, expires } = await verifyOwnerToken(tokenSigner(c.env), token);
    // The token proves only that access was open when it was made.
    if (permission === "create") requireOpenAccess(c);
    return { ...(await ownerNamed(owner)), endsAt: expires * SECOND_MS };
  }
  const { owner, can, limits } = await verifyGrant(token, settings(c.env).grantSecrets);
  if (can.includes(permission)) return ownerNamed(owner, limits);
  throw new ProblemError(
    "forbidden",
    `This grant doesn't allow this call; send one whose \`can\` includes "${permission}".`,
  );
}

/** @throws ProblemError `unauthorized` if creating a batch takes a grant */
function requireOpenAccess(c: AppContext): void {
  if (settings(c.env).access === "open") return;
  throw unauthorized("The request has no grant; send one from the app that uses this server.");
}

async function ownerNamed(
  name: string,
  grantLimits: GrantLimits | null = null,
): Promise<IdentifiedOwner> {
  return { name, key: await ownerKey(name), grantLimits };
}

/**
 * Returns the name of an owner's object: ASCII, whatever the operator calls the owner. It contains no
 * secret, which may be replaced: the owner would lose all batches. So it never leaves the Worker and its
 * objects, because a name can be guessed from its hash.
 */
export async function ownerKey(owner: string): Promise<string> {
  return `owner-${await sha256Hex(new TextEncoder().encode(owner))}`;
}
