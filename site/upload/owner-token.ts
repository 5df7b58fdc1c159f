import type { Uploader } from "../../client/index.ts";
import { grant } from "./grant.ts";

const KEY = "tallyman:owner";

// Without browser storage, each batch gets an owner of its own.

/** Returns the token of this browser's owner; undefined before the first batch. */
function ownerToken(): string | undefined {
  try {
    return localStorage.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Returns the token that creates and lists batches: this tab's grant, else that of the owner. */
export function credential(): string | undefined {
  return grant.value ?? ownerToken();
}

function saveOwnerToken(token: string): void {
  try {
    localStorage.setItem(KEY, token);
  } catch {
    // The next batch gets another owner.
  }
}

/** Deletes a token that the server refused, unless it has been replaced meanwhile. */
export function forgetOwnerToken(refused: string): void {
  if (ownerToken() === refused) localStorage.removeItem(KEY);
}

/**
 * Saves the owner token of a new batch. If the server refuses the saved token, deletes it and retries.
 *
 * @param retry creates the batch again. Called once: the token may be expired, or signed with an
 *   earlier secret.
 * @param needsGrant true if the server refuses every owner token here, which still lists batches
 */
export function trackOwner(
  uploader: Pick<Uploader, "resumableBatch" | "created" | "on">,
  retry: () => void,
  needsGrant: () => boolean,
): void {
  let sent = grant.peek() === undefined ? ownerToken() : undefined;
  uploader.on("files", () => {
    const owner = uploader.created?.tokens.owner;
    if (owner !== undefined) saveOwnerToken(owner);
  });
  uploader.on("problem", ({ code }) => {
    if (code !== "unauthorized" || uploader.resumableBatch || sent === undefined) return;
    if (needsGrant()) return;
    forgetOwnerToken(sent);
    sent = undefined;
    retry();
  });
}
