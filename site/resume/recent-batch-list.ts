import { signal } from "@preact/signals";
import { batchPage, ProblemError } from "../../client/index.ts";
import { serverNow } from "../../client/api/server-time.ts";
import { type BatchState, DAY_MS, isBatchOver, type ListedBatch } from "../../protocol/index.ts";
import { loadBatches, markDeleted } from "../persistence/batches.ts";
import type { SavedBatch } from "../persistence/database.ts";
import { linkEnd } from "../share/link-end.ts";
import { batchPath } from "../share/links.ts";
import { claimsOf, grant } from "../upload/grant.ts";
import { credential, forgetOwnerToken } from "../upload/owner-token.ts";

/** The server lists the latest ended batches of an owner, up to this number. */
const LISTED_BATCHES = 1000;
/** Time before a list is loaded again that lacks the end of a batch, and how often at most. */
const BEHIND_MS = 1000;
const MOST_RELOADS = 3;

/** A batch of this tab's owner: of its grant's or, without one, of this browser's anonymous owner. */
export interface RecentBatch extends Pick<ListedBatch, "id" | "createdAt" | "files" | "name"> {
  state: BatchState | "deleted";
  /** Address of its page; null if this browser has no token for it. */
  link: string | null;
  /** The end of its share link in ms since 1970; "ended" by its sender; null if it isn't known. */
  linkEnd: number | "ended" | null;
  /** A row of tiny pictures; null if this browser has none. */
  pictures: Blob | null;
}

/** The owner's recent batches, the latest first. */
export class RecentBatchList {
  /** Null until they are loaded. */
  readonly all = signal<readonly RecentBatch[] | null>(null);
  /** True if the server has more. */
  readonly hasMore = signal(false);
  /** True if the last request failed. */
  readonly hasFailed = signal(false);

  #token: string | undefined;
  #listed: readonly ListedBatch[] = [];
  /** This browser's batches, as they were before the first page was loaded. */
  #saved: readonly SavedBatch[] = [];
  /** The end of the last page; null if that was the last one, or while the next one is being loaded. */
  #next: string | null = null;
  /** How often the list was loaded again because it was behind. */
  #reloads = 0;

  /** Loads the list. Sends no request if this tab has no owner yet. */
  async refresh(): Promise<void> {
    const token = credential();
    // The list of another owner.
    if (token !== this.#token) this.all.value = null;
    this.#token = token;
    this.#reloads = 0;
    if (token !== undefined) await this.#load(token, null);
  }

  /** Loads the next page of batches. Does nothing while one is being loaded. */
  async loadMore(): Promise<void> {
    const next = this.#next;
    if (this.#token === undefined || next === null) return;
    this.#next = null;
    await this.#load(this.#token, next);
    // It has failed: the next click tries the same page.
    if (this.hasFailed.peek()) this.#next = next;
  }

  async #load(token: string, after: string | null): Promise<void> {
    // Loaded before the first page, so that a batch created in between doesn't count as gone.
    if (after === null) this.#saved = await loadBatches().catch(() => []);
    const saved = this.#saved;
    try {
      const { batches, next } = await batchPage(location.origin, token, after);
      if (token !== this.#token) return;
      this.#listed = after === null ? batches : [...this.#listed, ...batches];
      this.#next = next;
      this.hasMore.value = next !== null;
      this.hasFailed.value = false;
      const gone = await markGone(saved, this.#listed, next !== null);
      this.all.value = sorted([...this.#listed.map((batch) => withSaved(batch, saved)), ...gone]);
      if (after === null && isBehind(batches, saved)) this.#reloadSoon(token);
    } catch (error) {
      this.#onFailed(token, error);
    }
  }

  /** Loads the first page again, unless another one was loaded by then. */
  #reloadSoon(token: string): void {
    const listed = this.#listed;
    if (this.#reloads++ >= MOST_RELOADS) return;
    setTimeout(() => {
      if (token === this.#token && listed === this.#listed) void this.#load(token, null);
    }, BEHIND_MS);
  }

  #onFailed(token: string, error: unknown): void {
    if (!(error instanceof ProblemError)) throw error;
    if (error.code === "unauthorized") forgetOwnerToken(token);
    else this.hasFailed.value = error.code !== "forbidden";
  }
}

/** True if a batch ended here that the server lists as unfinished: its list hears of ends a moment later. */
function isBehind(listed: readonly ListedBatch[], saved: readonly SavedBatch[]): boolean {
  const ended = new Set(saved.filter(({ isOver }) => isOver).map(({ id }) => id));
  return listed.some(({ id, state }) => ended.has(id) && !isBatchOver(state));
}

function sorted(batches: readonly RecentBatch[]): RecentBatch[] {
  return batches.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt));
}

function withSaved(
  { id, createdAt, files, state, name }: ListedBatch,
  saved: readonly SavedBatch[],
): RecentBatch {
  const record = saved.find((batch) => batch.id === id);
  // Deleted here, which the server's list hears of a moment later.
  if (record?.deletedAt !== undefined) return deletedBatch(record);
  const read = record?.tokens.read;
  return {
    id,
    createdAt,
    files,
    state,
    name,
    link: record === undefined ? null : batchPath(id, read ?? null),
    linkEnd: record === undefined ? null : linkEndOf(record, state),
    pictures: record?.pictures ?? null,
  };
}

function linkEndOf(record: SavedBatch, state: BatchState): RecentBatch["linkEnd"] {
  const { tokens, limits } = record;
  if (tokens.read === undefined) return "ended";
  const end = linkEnd(tokens.read, { state, keepUntil: keptUntil(record) }, limits, serverNow());
  return end !== null && "until" in end ? end.until : null;
}

/** Returns the earliest possible time for a record that was saved without it. */
function keptUntil({ keepUntil, createdAt, limits }: SavedBatch): string | null {
  const { keepDays } = limits ?? {};
  if (keepUntil !== undefined || !keepDays) return keepUntil ?? null;
  return new Date(Date.parse(createdAt) + keepDays * DAY_MS).toISOString();
}

/**
 * Marks the owner's finished batches that the server no longer lists as deleted. Unfinished ones may be
 * those of an earlier anonymous owner, and those before the oldest listed one may be on another page.
 *
 * @returns those that were deleted, now or before
 */
async function markGone(
  saved: readonly SavedBatch[],
  listed: readonly ListedBatch[],
  hasMore: boolean,
): Promise<RecentBatch[]> {
  const listedIds = new Set(listed.map(({ id }) => id));
  const { sub: owner } = claimsOf(grant.peek() ?? "");
  const isComplete = !hasMore && listed.length < LISTED_BATCHES;
  const from = isComplete ? "" : (listed.at(-1)?.createdAt ?? "");
  const gone = saved.filter(
    (batch) =>
      batch.isOver && batch.owner === owner && batch.createdAt > from && !listedIds.has(batch.id),
  );
  const unmarked = gone.filter(({ deletedAt }) => deletedAt === undefined);
  await Promise.all(unmarked.map(({ id }) => markDeleted(id)));
  return gone.map(deletedBatch);
}

function deletedBatch({ id, createdAt, files, name }: SavedBatch): RecentBatch {
  return {
    id,
    createdAt,
    files: files ?? 0,
    name: name ?? null,
    state: "deleted",
    link: null,
    linkEnd: null,
    pictures: null,
  };
}
