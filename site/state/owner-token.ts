import type { Uploader } from "../../client/index.ts";

const KEY = "tallyman:owner";

// A browser may keep nothing for a page: then each of its batches has an owner of its own.

/** What tells the server whose batches this browser makes; undefined before the first one. */
export function ownerToken(): string | undefined {
  try {
    return localStorage.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Keeps the token that came with the first batch; null forgets it. */
export function keepOwnerToken(token: string | null): void {
  try {
    if (token === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, token);
  } catch {
    // The next batch has another owner.
  }
}

/**
 * Keeps the owner's token of a new batch.
 *
 * @param again makes the batch again: the token may have been too old, or of another secret
 */
export function followOwner(
  uploader: Pick<Uploader, "begun" | "created" | "on">,
  again: () => void,
): void {
  uploader.on("files", () => {
    const owner = uploader.created?.tokens.owner;
    if (owner !== undefined) keepOwnerToken(owner);
  });
  uploader.on("problem", ({ code }) => {
    if (code !== "unauthorized" || uploader.begun || ownerToken() === undefined) return;
    keepOwnerToken(null);
    again();
  });
}
