import { signal } from "@preact/signals";
import { listBatches, ProblemError } from "../../client/index.ts";
import type { ListedBatch } from "../../protocol/index.ts";
import { deleteBatch, loadBatches } from "../persistence/batches.ts";
import type { SavedBatch } from "../persistence/database.ts";
import { forgetOwnerToken, ownerToken } from "../upload/owner-token.ts";
import { shareLink } from "../share/links.ts";

/** A batch of this browser's owner. */
export interface RecentBatch extends Pick<ListedBatch, "id" | "createdAt" | "files" | "state"> {
  /** Where to see it; null where this browser has no token for it. */
  link: string | null;
}

/** The batches that the owner began lately, the latest first, and what opens them. */
export class RecentBatchList {
  /** Null before they are known. */
  readonly all = signal<readonly RecentBatch[] | null>(null);
  /** Could they not be asked for? */
  readonly hasFailed = signal(false);

  /** Asks for them. Whoever never began a batch has none, and nobody is asked. */
  async refresh(): Promise<void> {
    const owner = ownerToken();
    if (owner === undefined) return;
    // Before the list is asked for: a batch that begins meanwhile is not taken for one that is gone.
    const kept = await loadBatches().catch(() => []);
    try {
      const listed = await listBatches(location.origin, owner);
      this.all.value = listed.map((batch) => withLink(batch, kept));
      this.hasFailed.value = false;
      await deleteGone(kept, listed);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      if (error.code === "unauthorized") forgetOwnerToken(owner);
      else this.hasFailed.value = true;
    }
  }
}

function withLink(
  { id, createdAt, files, state }: ListedBatch,
  kept: readonly SavedBatch[],
): RecentBatch {
  const { read } = kept.find((batch) => batch.id === id)?.tokens ?? {};
  const link = read === undefined ? null : shareLink({ id, tokens: { read } }, location.origin);
  return { id, createdAt, files, state, link };
}

/** An unfinished one is asked about by itself: it may be an earlier owner's. */
async function deleteGone(
  kept: readonly SavedBatch[],
  listed: readonly ListedBatch[],
): Promise<void> {
  const there = new Set(listed.map(({ id }) => id));
  const gone = kept.filter(({ id, isOver }) => isOver && !there.has(id));
  await Promise.all(gone.map(({ id }) => deleteBatch(id)));
}
