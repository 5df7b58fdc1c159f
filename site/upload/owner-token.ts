import type { Uploader } from "../../client/index.ts";
import { StoredValue } from "../persistence/stored-value.ts";
import { grant } from "./grant.ts";

const saved = new StoredValue(() => localStorage, "tallyman:owner");

/** Returns the token of this browser's owner; undefined before the first batch. */
function ownerToken(): string | undefined {
  return saved.get() ?? undefined;
}

/** Returns the token that creates and lists batches: this tab's grant, else that of the owner. */
export function credential(): string | undefined {
  return grant.value ?? ownerToken();
}

/** Deletes a token that the server refused, unless it has been replaced meanwhile. */
export function forgetOwnerToken(refused: string): void {
  if (ownerToken() === refused) saved.set(null);
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
    if (owner !== undefined) saved.set(owner);
  });
  uploader.on("problem", ({ code }) => {
    if (code !== "unauthorized" || uploader.resumableBatch || sent === undefined) return;
    if (needsGrant()) return;
    forgetOwnerToken(sent);
    sent = undefined;
    retry();
  });
}
