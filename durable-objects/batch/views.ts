import {
  type BatchResource,
  fileError,
  type FileResource,
  type Row,
  type SingleFileResource,
  type Summary,
  SUMMARY_FAILURES,
  UNKNOWN_TYPE,
  usesParts,
  type WebhookStatus,
} from "../../protocol/index.ts";
import { keepUntil } from "./keeping.ts";
import { batchLimits } from "./limits.ts";
import { batchLinks } from "./links.ts";
import type { FileDeclaration, GrantLimits } from "../../protocol/schemas.ts";
import {
  type FileRecord,
  fileRow,
  hasNoParts,
  isFinalFailure,
  isRetryableFailure,
  isStored,
  needsBytes,
} from "./file.ts";
import { partDigests, partsResource } from "./parts.ts";
import { found, type Result } from "./refusals.ts";
import { reopeningFor } from "./reopening.ts";
import type { Admission, AppliedEvents, FileListQuery } from "./rpc.ts";
import type { BatchConfig, Store } from "./store.ts";
import type { Tally } from "./tally.ts";
import type { OpenBatch } from "./transaction.ts";
import { ended, type WebhookRecord } from "./webhook.ts";

/** A batch's resource. The Worker sets its links, as a batch of an earlier version has none. */
export interface BatchDetails extends BatchResource {
  /** Origin of the batch; absent in batches of an earlier version. */
  origin?: string;
  /** Limits of the grant that has created the batch. */
  grantLimits?: GrantLimits;
  /** Days from its end to its deletion; absent if it stays until someone deletes it. */
  keepDays?: number;
}

/** A file's resource without links, which the Worker adds. */
export interface FileDetails extends Omit<FileResource, "links"> {
  /** Origin of its batch, for the links; absent in batches of an earlier version. */
  origin?: string;
}

export type SingleFileDetails = FileDetails & Pick<SingleFileResource, "parts">;

/** A file, with the values that make up the key of its object. */
export interface StoredFile extends FileDetails {
  folder: string;
  /** The key that was recorded when it was stored. */
  key?: string;
  /** Key of a contact sheet that may be left of an earlier one that showed the file. */
  leftoverSheet?: string;
}

/** One page of a batch's files. */
export interface FileList {
  rev: number;
  files: FileDetails[];
  /** The `after` of the next page; null on the last page. */
  next: number | null;
}

/** The parts of an open batch that its resource is made of. */
interface BatchSource extends Pick<OpenBatch, "origin"> {
  config: Pick<BatchConfig, "id" | "metadata" | "location" | "keepDays" | "sheets">;
  tally: Tally;
  store: Pick<Store, "declarations">;
}

/** Returns the resource of a batch; with its summary if it is completed. */
export function batchResource(batch: BatchSource): BatchResource {
  const { config, origin, tally } = batch;
  const { rev, sealed, createdAt, updatedAt, completedAt, expiresAt } = tally.batch;
  const { block, uploaderGone } = tally.batch;
  return {
    id: config.id,
    rev,
    state: tally.state,
    sealed,
    createdAt: timestamp(createdAt),
    updatedAt: timestamp(updatedAt),
    completedAt: completedAt === null ? null : timestamp(completedAt),
    expiresAt: expiresAt === null ? null : timestamp(expiresAt),
    keepUntil: keepUntilTimestamp(batch),
    percentComplete: tally.percentComplete,
    percentStored: tally.percentStored,
    totals: { ...tally.totals },
    metadata: config.metadata,
    ...(hasEntries(config.sheets) && { sheets: { ...config.sheets } }),
    location: config.location ?? null,
    ...(origin !== undefined && { links: batchLinks(origin, config.id) }),
    ...(block?.isBlocked && { blocked: true }),
    ...(uploaderGone !== undefined && { uploaderGone: timestamp(uploaderGone) }),
    ...(tally.state === "completed" && { summary: summaryOf(batch) }),
  };
}

function hasEntries(record: object = {}): boolean {
  return Object.keys(record).length > 0;
}

/** Returns the time at which the batch is deleted, in ISO 8601; null if it is not. */
export function keepUntilTimestamp(batch: Pick<BatchSource, "config" | "tally">): string | null {
  const until = keepUntil(batch);
  return until === null ? null : timestamp(until);
}

/** Returns the resource of a batch as the Worker needs it. */
export function batchDetails(batch: OpenBatch): BatchDetails {
  const { origin, grantLimits, keepDays } = batch.config;
  const { webhook, cancelled } = batch.tally.batch;
  return {
    ...batchResource(batch),
    ...(origin !== undefined && { origin }),
    ...(grantLimits && { grantLimits }),
    ...(keepDays !== undefined && { keepDays }),
    ...(webhook && { webhook: webhookStatus(webhook, cancelled) }),
  };
}

/** Returns the same for the operator, with the name of the batch's owner. */
export function operatorDetails(batch: OpenBatch): BatchDetails {
  const { ownerName } = batch.config;
  return { ...batchDetails(batch), ...(ownerName !== undefined && { owner: ownerName }) };
}

/** The last summary of each tally. Every watcher and poll of a completed batch gets the same one. */
const summaries = new WeakMap<Tally, { rev: number; summary: Summary }>();

/** Returns the summary of a completed batch. */
export function summaryOf(batch: BatchSource): Summary {
  const { rev } = batch.tally.batch;
  const known = summaries.get(batch.tally);
  if (known?.rev === rev) return known.summary;
  const summary = summarize(batch);
  summaries.set(batch.tally, { rev, summary });
  return summary;
}

function summarize({ tally, store }: BatchSource): Summary {
  const { files, completed, failed, cancelled } = tally.totals;
  const { createdAt, completedAt, updatedAt } = tally.batch;
  const end = completedAt ?? updatedAt;
  return {
    files,
    completed,
    failed,
    cancelled,
    bytes: tally.completedBytes,
    startedAt: timestamp(createdAt),
    completedAt: timestamp(end),
    durationMs: end - createdAt,
    failures: failed === 0 ? [] : firstFailures(tally, store),
  };
}

function firstFailures(tally: Tally, store: BatchSource["store"]): Summary["failures"] {
  const first = { after: -1, limit: SUMMARY_FAILURES };
  const { ids } = selectFiles(tally.files, ({ state }) => state === "failed", first);
  const declarations = store.declarations(ids);
  return ids.map((id, index) => {
    const code = tally.files[id]?.error?.code ?? "internal_error";
    return [id, declarations[index]?.name ?? "", code];
  });
}

/** Returns a page of the files that match a query. */
export function listFiles(batch: OpenBatch, query: FileListQuery): FileList {
  const { since, state } = query;
  const { batch: record, files } = batch.tally;
  const hasNames = nameFilter(batch.store, query);
  // A list of changes has them, as their clients may know them from before.
  const replaced = new Set(since === null ? batch.store.replaced() : []);
  const { ids, more } = selectFiles(
    files,
    (file, id) =>
      (since === null || file.rev > since) &&
      (state === null || file.state === state) &&
      !replaced.has(id) &&
      hasNames(id),
    query,
  );
  const next = more ? (ids.at(-1) ?? null) : null;
  return { rev: record.rev, files: fileDetails(batch, ids), next };
}

/** Returns a function that tells whether a file has the name and path of a query. */
function nameFilter(
  store: BatchSource["store"],
  { name = null, path = null }: FileListQuery,
): (id: number) => boolean {
  if (name === null && path === null) return () => true;
  return (id) => {
    const [declared] = store.declarations([id]);
    return isSameText(declared?.name, name) && isSameText(declared?.path, path);
  };
}

/** Compares by NFC: systems differ in how they compose characters of names. @param wanted null for any */
function isSameText(text: string | undefined, wanted: string | null): boolean {
  return wanted === null || text?.normalize("NFC") === wanted;
}

/** Selects up to `limit` ids above `after`. `more` is true if further files match. */
export function selectFiles(
  files: readonly FileRecord[],
  matches: (file: FileRecord, id: number) => boolean,
  { after, limit }: { after: number; limit: number },
): { ids: number[]; more: boolean } {
  const ids: number[] = [];
  for (let id = after + 1; id < files.length; id++) {
    const file = files[id];
    if (file === undefined || !matches(file, id)) continue;
    if (ids.length === limit) return { ids, more: true };
    ids.push(id);
  }
  return { ids, more: false };
}

/** Returns the details of these files, without those that do not exist. */
export function fileDetails(batch: OpenBatch, ids: readonly number[]): FileDetails[] {
  const { config, tally, store, lifetimes } = batch;
  const origin = config.origin !== undefined && { origin: config.origin };
  const declarations = store.declarations(ids);
  return ids.flatMap((id, index) => {
    const file = tally.files[id];
    const declared = declarations[index];
    if (!file || !declared) return [];
    const expiresAt = multipartExpiresAt(file, lifetimes);
    const expiry = expiresAt !== null && { multipartExpiresAt: timestamp(expiresAt) };
    return [{ ...detailsOf(id, declared, file), ...expiry, ...origin }];
  });
}

/** Returns what a download, or a deletion, needs to know of a file; null if there is no such file. */
export function storedFile(batch: OpenBatch, id: number): StoredFile | null {
  const [details] = fileDetails(batch, [id]);
  const { key, unwantedObject } = batch.tally.files[id] ?? {};
  const recorded = key ?? unwantedObject?.key;
  const { folder } = batch.config;
  return details ? { ...details, folder, ...(recorded !== undefined && { key: recorded }) } : null;
}

/** Returns the batch after events of these files, with the files that the caller asked for. */
export function appliedEvents(
  batch: OpenBatch,
  changed: ReadonlySet<number>,
  returned: number | null,
  listed: readonly number[],
): AppliedEvents {
  const file = returned === null ? null : singleFile(batch, returned);
  return {
    rev: batch.tally.batch.rev,
    rows: rowsOf(batch.tally, changed),
    files: fileDetails(batch, listed),
    ...(file && { file }),
  };
}

/** Returns the rows of these files, without those that do not exist. */
function rowsOf({ files }: Tally, ids: Iterable<number>): Row[] {
  return [...ids].flatMap((id) => {
    const file = files[id];
    return file ? [fileRow(id, file)] : [];
  });
}

/**
 * Returns the time at which R2 aborts a file's multipart upload, so that the file starts over; null if
 * the file needs no parts, or has none. R2 counts from the start of the multipart upload.
 */
function multipartExpiresAt(
  file: FileRecord,
  { multipartLifetimeMs }: OpenBatch["lifetimes"],
): number | null {
  const { openedAt } = file.multipart ?? {};
  const isOpen = needsBytes(file) || isRetryableFailure(file);
  return isOpen && openedAt !== undefined ? openedAt + multipartLifetimeMs : null;
}

function detailsOf(id: number, declared: FileDeclaration, file: FileRecord): FileDetails {
  const { state, progress, receivedBytes, attempts, error, etag, sha256, width, height } = file;
  const { deletedAt } = file;
  return {
    id,
    name: declared.name,
    path: declared.path ?? null,
    size: declared.size,
    type: file.type ?? knownType(declared.type),
    ...(declared.lastModified !== undefined && { lastModified: declared.lastModified }),
    state,
    progress,
    receivedBytes,
    attempts,
    ...(error && { error }),
    ...(etag !== undefined && { etag }),
    ...(sha256 !== undefined && { sha256 }),
    ...(width !== undefined && { width }),
    ...(height !== undefined && { height }),
    ...(deletedAt !== undefined && { deletedAt: timestamp(deletedAt) }),
  };
}

/** Browsers declare "" for a type that they don't know. */
function knownType(declared = ""): string {
  return declared === "" ? UNKNOWN_TYPE : declared;
}

/**
 * Returns one file, with its parts if it is sent in parts; null if there is no such file.
 *
 * @param digests true to include the digests of its parts
 */
export function singleFile(
  batch: OpenBatch,
  id: number,
  digests = false,
): SingleFileDetails | null {
  const { tally, store } = batch;
  const [details] = fileDetails(batch, [id]);
  const file = tally.files[id];
  if (!details || !file) return null;
  if (!usesParts(file.size)) return details;
  const parts = partsResource(id, file, store);
  const { partsDigest } = file;
  // Without the digest of the set, the Worker computes it.
  const needsDigests = digests || (parts.received.length === parts.count && !partsDigest);
  return {
    ...details,
    parts: {
      ...parts,
      ...(partsDigest && { digest: partsDigest }),
      ...(needsDigests && { digests: hasNoParts(file) ? {} : partDigests(id, store) }),
    },
  };
}

/** Returns one file as `singleFile` does. Refused if there is no such file. */
export function fileResult(
  batch: OpenBatch,
  id: number,
  digests = false,
): Result<SingleFileDetails> {
  return found(singleFile(batch, id, digests), id);
}

/** Returns the admissions of up to `count` files from id `first`. */
export function admissions(batch: OpenBatch, first: number, count: number, env: Env): Admission[] {
  const { config, tally, store } = batch;
  const { folder, grantLimits } = config;
  const { types, wrongTypes } = batchLimits(env, grantLimits);
  const files = tally.files.slice(first, first + count);
  const declarations = store.declarations(files.map((_, index) => first + index));
  const reopening = reopeningFor(batch, files);
  return files.flatMap((file, index) => {
    const declared = declarations[index];
    if (!declared) return [];
    const admission = admissionOf(first + index, declared, file);
    const reopens = reopening && isRetryableFailure(file) && { reopening };
    return [{ folder, types, wrongTypes, ...admission, ...reopens }];
  });
}

function admissionOf(id: number, declared: FileDeclaration, file: FileRecord) {
  const { name, size, type = "", sha256 } = declared;
  const known = { id, name, size, type, ...(sha256 && { sha256 }) };
  return { ...known, row: fileRow(id, file), decision: decisionOn(file) };
}

function decisionOn(file: FileRecord): Admission["decision"] {
  if (file.state === "cancelled") {
    return fileError("file_cancelled", "This file was cancelled; declare it again to send it.");
  }
  if (file.error && isFinalFailure(file)) return file.error;
  if (file.state === "failed") return "send";
  return isStored(file) ? "have" : "send";
}

function webhookStatus(record: WebhookRecord, isCancelled: boolean): WebhookStatus {
  const { state, attempts, lastStatus, nextAt } = isCancelled ? ended(record) : record;
  return { state, attempts, lastStatus, nextAt: nextAt === null ? null : timestamp(nextAt) };
}

/** Returns a time in ms since 1970 in ISO 8601. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString();
}
