import { IDEMPOTENCY_KEY_CHARACTERS, SECRET_KEY_CHARACTERS, toHex } from "../../protocol/index.ts";
import { settings } from "../../durable-objects/index.ts";
import { bearerToken } from "../auth/bearer.ts";
import { deriveKey } from "../auth/jwt.ts";
import { anonymousCreator, type Creator } from "../auth/owner.ts";
import type { AppContext } from "../context.ts";
import { ProblemError } from "../http/problem.ts";
import { BATCH_ID_BYTES } from "./links.ts";

/** A call that may be repeated with the same key. */
export interface KeyedCall {
  /** The client's `Idempotency-Key`. */
  key: string;
  /** Hex SHA-256 of the body; null if it is not known before the body has been read. */
  digest: string | null;
}

/**
 * Returns the request's `Idempotency-Key`; null if it has none.
 *
 * @throws ProblemError `malformed_request` for a key that is too long, or has other characters than
 *   those of ASCII
 */
export function idempotencyKey(c: AppContext): string | null {
  const key = c.req.header("Idempotency-Key");
  if (key === undefined) return null;
  if (key.length > IDEMPOTENCY_KEY_CHARACTERS || key === "") throw wrongLength(key);
  if (/^[\x20-\x7e]+$/u.test(key)) return key;
  throw new ProblemError(
    "malformed_request",
    "The Idempotency-Key has characters other than those of ASCII; send a random one, such as a UUID.",
  );
}

/**
 * Returns the same of a request that creates a batch. Without a grant or owner token, the key alone opens
 * the batch to a client that repeats the request, so it must not be one that a stranger guesses.
 *
 * @throws ProblemError `malformed_request`
 */
export function creationKey(c: AppContext): string | null {
  const key = idempotencyKey(c);
  if (key === null || key.length >= SECRET_KEY_CHARACTERS || bearerToken(c) !== null) return key;
  throw new ProblemError(
    "malformed_request",
    `The Idempotency-Key has ${key.length} characters; without a grant or owner token, send a random one of at least ${SECRET_KEY_CHARACTERS}, because it opens the batch.`,
  );
}

function wrongLength({ length }: string): ProblemError {
  const detail = `The Idempotency-Key has ${length} characters; use 1 to ${IDEMPOTENCY_KEY_CHARACTERS}.`;
  return new ProblemError("malformed_request", detail);
}

/** A batch that a call with a key creates, or has created before. */
export interface KeyedBatch {
  id: string;
  creator: Creator;
}

/**
 * Returns the batches that belong to an owner's key: the first is the one to create, the others those of
 * secrets that were replaced. The id is derived from the key, so that two calls at the same moment meet
 * in the same object and no table has to be kept. It is derived with the secret as well: a link contains
 * the id, and must not show whether a guessed key is right.
 *
 * @param deleted number of the key's batches that were deleted; an id is never used again
 */
export function keyedBatches(
  env: Env,
  creator: Creator,
  key: string,
  deleted: number,
): Promise<KeyedBatch[]> {
  const { secrets } = settings(env);
  return Promise.all(secrets.map((secret) => keyedBatch(secret, creator, [key, deleted])));
}

async function keyedBatch(
  secret: string,
  sender: Creator,
  call: readonly [key: string, deleted: number],
): Promise<KeyedBatch> {
  const derive = await derivation(secret);
  // A repeated call without credentials must find the anonymous owner of the first one.
  const isAnonymous = sender.anonymous !== null;
  const creator = isAnonymous ? await anonymousCreator(await derive(["owner", call[0]])) : sender;
  const id = await derive(["batch", isAnonymous ? null : creator.key, ...call]);
  return { id: id.slice(0, 2 * BATCH_ID_BYTES), creator };
}

/** Returns a function of which no one without the secret knows the values. They are in hex. */
async function derivation(secret: string): Promise<(parts: readonly unknown[]) => Promise<string>> {
  const key = await deriveKey(secret, "tallyman-idempotency-key");
  return async (parts) => {
    const bytes = new TextEncoder().encode(JSON.stringify(parts));
    return toHex(new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes)));
  };
}
