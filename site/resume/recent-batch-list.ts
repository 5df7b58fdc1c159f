import { signal } from "@preact/signals";
import { listBatches, ProblemError } from "../../client/index.ts";
import type { ListedBatch } from "../../protocol/index.ts";
import { deleteBatch, loadBatches } from "../persistence/batches.ts";
import type { SavedBatch } from "../persistence/database.ts";
import { shareLink } from "../share/links.ts";
import { forgetOwnerToken, ownerToken } from "../upload/owner-token.ts";

/** A batch of this browser's owner. */
export interface RecentBatch extends Pick<ListedBatch, "id" | "createdAt" | "files" | "state"> {
  /** Address of its watch page; null if this browser has no token for it. */
  link: string | null;
}

/** The owner's recent batches, the latest first. */
export class RecentBatchList {
  /** Null until they are loaded. */
  readonly all = signal<readonly RecentBatch[] | null>(null);
  /** True if the last request failed. */
  readonly hasFailed = signal(false);

  /** Loads the list. Sends no request if this browser has no owner yet. */
  async refresh(): Promise<void> {
    const owner = ownerToken();
    if (owner === undefined) return;
    // Loaded before the list, so that a batch created in between doesn't count as gone.
    const saved = await loadBatches().catch(() => []);
    try {
      const listed = await listBatches(location.origin, owner);
      this.all.value = listed.map((batch) => withLink(batch, saved));
      this.hasFailed.value = false;
      await deleteGone(saved, listed);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      if (error.code === "unauthorized") forgetOwnerToken(owner);
      else this.hasFailed.value = true;
    }
  }
}

function withLink(
  { id, createdAt, files, state }: ListedBatch,
  saved: readonly SavedBatch[],
): RecentBatch {
  const { read } = saved.find((batch) => batch.id === id)?.tokens ?? {};
  const link = read === undefined ? null : shareLink({ id, tokens: { read } }, location.origin);
  return { id, createdAt, files, state, link };
}

/** Deletes finished batches that the server no longer lists. Unfinished ones may be another owner's. */
async function deleteGone(
  saved: readonly SavedBatch[],
  listed: readonly ListedBatch[],
): Promise<void> {
  const listedIds = new Set(listed.map(({ id }) => id));
  const gone = saved.filter(({ id, isOver }) => isOver && !listedIds.has(id));
  await Promise.all(gone.map(({ id }) => deleteBatch(id)));
}
