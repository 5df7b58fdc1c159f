import { signal } from "@preact/signals";
import { listBatches, ProblemError } from "../../client/index.ts";
import type { ListedBatch } from "../../protocol/index.ts";
import { deleteBatch, loadBatches } from "../persistence/batches.ts";
import type { SavedBatch } from "../persistence/database.ts";
import { shareLink } from "../share/links.ts";
import { claimsOf, grant } from "../upload/grant.ts";
import { credential, forgetOwnerToken } from "../upload/owner-token.ts";

/** A batch of this tab's owner: of its grant's or, without one, of this browser's anonymous owner. */
export interface RecentBatch extends Pick<
  ListedBatch,
  "id" | "createdAt" | "files" | "state" | "name"
> {
  /** Address of its watch page; null if this browser has no token for it. */
  link: string | null;
}

/** The owner's recent batches, the latest first. */
export class RecentBatchList {
  /** Null until they are loaded. */
  readonly all = signal<readonly RecentBatch[] | null>(null);
  /** True if the last request failed. */
  readonly hasFailed = signal(false);

  #token: string | undefined;

  /** Loads the list. Sends no request if this tab has no owner yet. */
  async refresh(): Promise<void> {
    const token = credential();
    // The list of another owner.
    if (token !== this.#token) this.all.value = null;
    this.#token = token;
    if (token === undefined) return;
    // Loaded before the list, so that a batch created in between doesn't count as gone.
    const saved = await loadBatches().catch(() => []);
    try {
      const listed = await listBatches(location.origin, token);
      if (token !== this.#token) return;
      this.all.value = listed.map((batch) => withLink(batch, saved));
      this.hasFailed.value = false;
      await deleteGone(saved, listed);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      if (error.code === "unauthorized") forgetOwnerToken(token);
      else this.hasFailed.value = error.code !== "forbidden";
    }
  }
}

function withLink(
  { id, createdAt, files, state, name }: ListedBatch,
  saved: readonly SavedBatch[],
): RecentBatch {
  const { read } = saved.find((batch) => batch.id === id)?.tokens ?? {};
  const link = read === undefined ? null : shareLink({ id, tokens: { read } }, location.origin);
  return { id, createdAt, files, state, name, link };
}

/**
 * Deletes the owner's finished batches that the server no longer lists. Unfinished ones may be those of
 * an earlier anonymous owner.
 */
async function deleteGone(
  saved: readonly SavedBatch[],
  listed: readonly ListedBatch[],
): Promise<void> {
  const listedIds = new Set(listed.map(({ id }) => id));
  const { sub: owner } = claimsOf(grant.peek() ?? "");
  const own = saved.filter((batch) => batch.isOver && batch.owner === owner);
  const gone = own.filter(({ id }) => !listedIds.has(id));
  await Promise.all(gone.map(({ id }) => deleteBatch(id)));
}
