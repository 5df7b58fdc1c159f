import { type BatchState, DAY_MS, MINUTE_MS } from "../../protocol/index.ts";
import type { GrantLimits } from "../../protocol/schemas.ts";
import { batchFolder } from "../../storage/keys.ts";
import { addFiles } from "./declaration.ts";
import { isGone } from "./keeping.ts";
import type { BatchLimits } from "./limits.ts";
import {
  idempotencyMismatch,
  ok,
  type Refusal,
  type Result,
  stillRunning,
  unknownBatch,
} from "./refusals.ts";
import type { BatchCall, NewBatch } from "./rpc.ts";
import { type BatchConfig, FORMAT } from "./store.ts";
import type { OpenBatch } from "./transaction.ts";
import { type BatchDetails, batchDetails } from "./views.ts";

/** Time after its first call for which a repeated one gets tokens. */
const TOKENS_MS = DAY_MS;

/**
 * Time without a change after which a call that sends files counts as ended, because its Worker did
 * not report an end.
 */
const SILENCE_MS = 10 * MINUTE_MS;

/** The call with a key that created a batch, and the part of its response that changes later. */
export interface CreatingCall extends BatchCall {
  rev: number;
  state: BatchState;
  /** In ISO 8601. */
  expiresAt: string | null;
  /** In ISO 8601; absent if an earlier version has stored it. */
  keepUntil?: string | null;
}

/** A batch as it was created. */
export interface CreationResource extends BatchDetails {
  /** Only for a call with a key. */
  creation?: {
    /** True if another call has created the batch. */
    isRepeated: boolean;
    /** True if tokens as they were made for the first call may be returned. */
    hasTokens: boolean;
    /** Limits of the grant of the first call. */
    grantLimits: GrantLimits | null;
  };
}

export function newConfig(created: NewBatch, limits: BatchLimits): BatchConfig {
  const { id, metadata, location, owner, grantLimits, origin } = created;
  const keepDays = Math.min(limits.keepDays, created.keepDays ?? Infinity);
  return {
    format: FORMAT,
    id,
    folder: batchFolder(id, grantLimits?.prefix),
    metadata,
    ...(location && { location }),
    ...(owner && ownerConfig(owner)),
    ...(keepDays !== Infinity && { keepDays }),
    ...(grantLimits && { grantLimits }),
    ...(origin !== undefined && { origin }),
  };
}

function ownerConfig({
  key,
  name,
  endsAt,
}: NonNullable<NewBatch["owner"]>): Pick<BatchConfig, "owner" | "ownerName" | "ownerEndsAt"> {
  return {
    owner: key,
    ...(name !== undefined && { ownerName: name }),
    ...(endsAt !== undefined && { ownerEndsAt: endsAt }),
  };
}

/** Fills a new batch, commits it, and stores the call that has created it. */
export function fillBatch(
  batch: OpenBatch,
  { files, sealed, call }: NewBatch,
  limits: BatchLimits,
): void {
  const { store, tally, commit } = batch;
  addFiles(batch, files, limits);
  if (sealed) tally.seal();
  commit();
  const { rev, state, expiresAt, keepUntil = null } = batchDetails(batch);
  if (call) store.saveCreation({ ...call, rev, state, expiresAt, keepUntil });
}

/**
 * Returns a batch that was created now or before. A call with a key gets it as the first call did, and is
 * refused if it has another body, or the first one is still running.
 */
export function creationResult(
  batch: OpenBatch,
  call: BatchCall | undefined,
): Result<CreationResource> {
  const first = batch.store.creation();
  if (!call) return ok(batchDetails(batch));
  if (isGone(batch)) return unknownBatch();
  const isRepeated = first?.by !== call.by;
  const refusal = first && isRepeated ? repeatRefusal(batch, first, call) : null;
  return refusal ?? ok({ ...asCreated(batch, first), creation: creationOf(batch, isRepeated) });
}

function asCreated(batch: OpenBatch, first: CreatingCall | undefined): BatchDetails {
  const { rev, state, expiresAt, keepUntil = null } = first ?? batchDetails(batch);
  return { ...batchDetails(batch), rev, state, expiresAt, keepUntil };
}

function creationOf({ tally, config }: OpenBatch, isRepeated: boolean) {
  const { generations, createdAt } = tally.batch;
  const hasTokens = generations === undefined && createdAt + TOKENS_MS > Date.now();
  return { isRepeated, hasTokens, grantLimits: config.grantLimits ?? null };
}

/**
 * Sets the digest of a call that could not know it before it had read the body, or compares it with that
 * of the first call.
 */
export function finishCreation({ store }: OpenBatch, digest: string): Refusal | null {
  const first = store.creation();
  if (first?.digest === null) store.saveCreation({ ...first, digest });
  return mismatch(first?.digest ?? null, digest);
}

/** The batch of a call that ended without reporting that is deleted, so that the next one starts over. */
function repeatRefusal(
  { tally, commit }: OpenBatch,
  first: CreatingCall,
  call: BatchCall,
): Refusal | null {
  if (first.digest !== null) return mismatch(first.digest, call.digest);
  const now = Date.now();
  if (tally.batch.updatedAt + SILENCE_MS > now) return stillRunning();
  tally.delete(now);
  commit();
  return unknownBatch();
}

/** A body whose digest is not known yet is compared later. */
function mismatch(first: string | null, repeated: string | null): Refusal | null {
  const isOther = first !== null && repeated !== null && first !== repeated;
  return isOther ? idempotencyMismatch() : null;
}
