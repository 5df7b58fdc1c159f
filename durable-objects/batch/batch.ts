import { DurableObject } from "cloudflare:workers";
import type { MultipartUpload } from "../../storage/keys.ts";
import type { OperatorBlock } from "../owner/messages.ts";
import { settings } from "../settings.ts";
import { CleanupBackoff } from "./cleanup-backoff.ts";
import { admitFiles, admitPart } from "./admission.ts";
import { type ArchivedFiles, archivedFiles, type FileRanges } from "./archive.ts";
import { type TokenAccess, type TokenSource, tokenSource } from "./access.ts";
import { Cleanup } from "./cleanup.ts";
import { releaseCompletion } from "./completion.ts";
import {
  type CreationResource,
  creationResult,
  fillBatch,
  finishCreation,
  newConfig,
} from "./creation.ts";
import { declareFiles } from "./declaration.ts";
import type { FileEvent } from "./file.ts";
import { updateFrames } from "./frames.ts";
import { batchLimits } from "./limits.ts";
import { OwnerSync } from "./owner-sync.ts";
import { changeBatch, changeSettings } from "./change.ts";
import { cancelBatch, cancelFiles, deleteBatch, deleteFiles } from "./deletion.ts";
import { PartRequests, registerMultipart } from "./parts.ts";
import { foreignBatch, found, ok, type Refusal, type Result } from "./refusals.ts";
import { type ReceiptPage, receiptPage } from "./receipt.ts";
import { applyReported, recordPart } from "./reports.ts";
import { type RetriedBatch, retryFiles } from "./retry.ts";
import { markRetryable } from "./retryable-methods.ts";
import type {
  Admission,
  AppliedEvents,
  BatchChange,
  Declaration,
  DeletedBatch,
  DoubtfulCompletion,
  FileListQuery,
  MultipartCompletion,
  NewBatch,
  NewFiles,
  NewMultipart,
  PartAdmission,
  RecordedPart,
  SheetCondition,
  StoredPart,
  StoredSheet,
  TokenRenewal,
} from "./rpc.ts";
import { Sheets } from "./sheets.ts";
import { openSocket } from "./socket.ts";
import { Store } from "./store.ts";
import { type OpenBatch, Transactions } from "./transaction.ts";
import {
  appliedEvents,
  type BatchDetails,
  batchDetails,
  fileResult,
  type FileList,
  listFiles,
  operatorDetails,
  type SingleFileDetails,
  storedFile,
  type StoredFile,
} from "./views.ts";
import { UploaderPresence } from "./uploader-presence.ts";
import { Watchers } from "./watchers.ts";
import { repeatWebhook } from "./webhook-event.ts";

/**
 * The Durable Object of one batch: the state of each of its files, and the sockets that watch them.
 * File bytes never pass through it: the Worker stores them in R2 and reports events here. A batch goes
 * through these stages:
 *
 * - Creation: `create` stores the configuration and the first files. The owner's object has reserved
 *   quota for them before, which the batch confirms within ten minutes.
 * - Declaration: `declare` adds files, until `seal`. The Worker first calls it as a check, reserves the
 *   owner's quota, and declares. A file that a limit refuses is declared as well, and has failed.
 * - Upload of a whole file: the Worker asks `admit`, streams the bytes to R2, and reports the stages
 *   with `applyEvents`: started, receiving, stored, processing, completed.
 * - Upload in parts, for large files: the Worker asks `admitPart`. The first part creates a multipart
 *   upload in R2, which `registerMultipart` records; a second one that was created at the same time
 *   becomes an orphan. `recordPart` records each stored part. The request whose part was the last gets
 *   the completion: it makes the parts one object. Its claim is stored, and ends after a minute. A
 *   request that can't complete the file returns the claim with `releaseCompletion`.
 * - Doubt: R2 may respond that an upload, or a part of it, does not exist, while it is completing it for
 *   an earlier caller, or because a repeated request replaced a part. For two minutes the completion is
 *   tried again with the newest parts, and nothing is aborted. After that, repeated parts are requested
 *   again, or the file starts over. A success that comes even later is accepted.
 * - Check: a file in parts with a declared digest is stored, but not completed, until the request that
 *   completed its multipart upload has read it back. If that request is silent for a minute, the alarm
 *   starts the check. A file with other bytes fails, and its object is deleted.
 * - Interruption: an upload that breaks off returns its file to `queued`, with the parts it has. If the
 *   Worker ends without a report, a timer does the same after a minute without bytes. If the object restarts, all
 *   files that were being sent are queued again.
 * - Pause and retry: while the batch is paused, new uploads are refused, and those in flight finish.
 *   `retry` returns failed files to the queue, and a completed batch becomes active again.
 * - Block: when the operator has blocked its owner, the owner's object calls `setBlock`. Uploads in
 *   flight finish; later ones, declarations and retries are refused.
 * - Completion: a sealed batch whose files are all completed, failed or cancelled is `completed`, and
 *   its watchers get a summary.
 *   If the operator has a webhook, the alarm announces the end to it, and repeats that for some hours.
 * - Cancellation: `cancel` cancels all files that are not settled, and the alarm deletes their objects
 *   and multipart uploads. `cancelFiles` cancels some files. `cancelFile` cancels one, or deletes it if it
 *   is settled; a completed batch stays completed then. The alarm looks again two minutes later, as a
 *   request may have stored an object and ended without reporting it.
 * - Expiry: an unfinished batch without changes for `BATCH_DAYS` is cancelled and answers
 *   `batch_expired`. If no file of it is stored, it is deleted after `LINK_DAYS` more. The records of any
 *   other batch that is over stay until it is deleted, like its objects.
 * - Keeping: a batch with `keepDays` is deleted that many days after its end, at `keepUntil` (see keeping.ts).
 * - Deletion: `delete` makes the batch unknown to all callers at once. The Worker deletes its objects.
 *   The alarm deletes them again ten minutes later, because requests in flight may have stored some,
 *   and then deletes the records.
 *
 * Every call is a synchronous transaction: read, change, write, broadcast (see transaction.ts). Every
 * method is idempotent, so the platform may repeat a call whose response was lost. Watchers connect
 * with `fetch` and get a snapshot, then frames of changes; the object hibernates while nothing changes.
 * Work that no request may be left to do is done by the alarm (see cleanup.ts): completions, aborts,
 * deletions, and notifications of the owner. Work that fails is repeated less and less often, and given
 * up after `BATCH_DAYS` (see cleanup-backoff.ts).
 */
export class Batch extends DurableObject<Env> {
  static {
    markRetryable(this.prototype);
  }

  readonly #transactions: Transactions;
  readonly #watchers: Watchers;
  readonly #presence: UploaderPresence;
  readonly #cleanup: Cleanup;
  readonly #partRequests: PartRequests;
  readonly #sheets = new Sheets();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#transactions = new Transactions(ctx.storage, settings(env), (batch, changes) => {
      this.#cleanup.onCommit(batch, changes);
      this.#watchers.broadcast(changes);
      this.#presence.onChange(batch);
    });
    this.#partRequests = new PartRequests(this.#transactions.batch?.tally.files.length ?? 0);
    this.#watchers = new Watchers(ctx, settings(env), (pending) => {
      const { batch } = this.#transactions;
      return batch ? updateFrames(batch, pending) : [];
    });
    this.#presence = new UploaderPresence(this.#transactions, this.#watchers);
    this.#cleanup = new Cleanup({
      storage: ctx.storage,
      bucket: env.BUCKET,
      transactions: this.#transactions,
      sheets: this.#sheets,
      owner: new OwnerSync(env),
      webhook: settings(env).webhook,
      backoff: new CleanupBackoff(new Store(ctx.storage), settings(env).batchLifetimeMs),
    });
    void ctx.blockConcurrencyWhile(() => this.#cleanup.start());
  }

  /**
   * Creates the batch. A repeated call returns the existing batch; one with a key, as it was created.
   * Refuses a key that was used for another body, or whose batch was deleted.
   */
  create(created: NewBatch): CreationResource | Refusal {
    const limits = batchLimits(this.env, created.grantLimits);
    const fill = (batch: OpenBatch) => {
      if (created.owner?.isNotified) this.#cleanup.confirmSoon(batch);
      fillBatch(batch, created, limits);
    };
    const result = this.#transactions.create(newConfig(created, limits), fill, (batch) => {
      return creationResult(batch, created.call);
    });
    return result.ok ? result.value : result;
  }

  /**
   * Sets the digest of the call that created the batch, if it was not known then.
   *
   * @returns the batch; refused if the first call with its key had another digest
   */
  finishCreation(digest: string): Result<BatchDetails> {
    return this.#transactions.run((batch) => {
      return finishCreation(batch, digest) ?? ok(batchDetails(batch));
    });
  }

  /** Declares more files, all of them or none. */
  declare(files: NewFiles, access?: TokenAccess): Result<Declaration> {
    return this.#transactions.run((batch) => {
      const limits = batchLimits(this.env, batch.config.grantLimits);
      return declareFiles(batch, files, limits, () => {
        this.#cleanup.confirmSoon(batch, files.reservation);
      });
    }, access);
  }

  seal(access?: TokenAccess): Result<BatchDetails> {
    return this.change({ sealed: true }, access);
  }

  setPaused(paused: boolean, access?: TokenAccess): Result<BatchDetails> {
    const set = ({ tally }: OpenBatch): void => tally.setPaused(paused);
    return this.#transactions.run((batch) => changeBatch(batch, set), access);
  }

  /** Seals the batch and patches its metadata, or neither. */
  change(change: BatchChange, access?: TokenAccess): Result<BatchDetails> {
    return this.#transactions.run((batch) => changeSettings(batch, change), access);
  }

  /** The parameters are those of `retryFiles`. */
  retry(
    files: number[] | null,
    access?: TokenAccess,
    asksFirst = false,
    reopens?: number,
  ): Result<RetriedBatch> {
    return this.#transactions.run((batch) => retryFiles(batch, files, asksFirst, reopens), access);
  }

  /**
   * Cancels the batch, and removes the contact sheets that show files which are not stored. Does nothing
   * if it is completed.
   */
  cancel(access?: TokenAccess): Result<BatchDetails> {
    return this.#transactions.run((batch) => {
      cancelBatch(batch, this.#sheets);
      return ok(batchDetails(batch));
    }, access);
  }

  /**
   * Cancels a file, or deletes it if it is settled, with the contact sheet that shows it. The caller
   * deletes the objects.
   */
  cancelFile(id: number, access?: TokenAccess): Result<SingleFileDetails> {
    return this.#transactions.run((batch) => {
      if (batch.tally.files[id]?.state !== "cancelled") this.#sheets.forget(batch, [id]);
      deleteFiles(batch, [id]);
      return fileResult(batch, id);
    }, access);
  }

  /**
   * Cancels those of these files that are not settled, and removes the contact sheets that show them. The
   * batch continues to its end.
   */
  cancelFiles(files: number[] | "unfinished", access?: TokenAccess): Result<BatchDetails> {
    return this.#transactions.run((batch) => {
      const refusal = cancelFiles(batch, files, this.#sheets);
      return refusal ?? ok(batchDetails(batch));
    }, access);
  }

  /**
   * Deletes the batch. Callers can't reach it from now on; its records are deleted later, because
   * requests in flight may still store objects.
   *
   * @returns the event for its owner, and the folder of its objects
   */
  delete(access?: TokenAccess): Result<DeletedBatch> {
    const result = this.#transactions.runInternal((batch) => deleteBatch(batch, access));
    return result ?? this.#transactions.missing();
  }

  /**
   * Ends the earlier tokens of some scopes, with the sockets that they opened.
   *
   * @param owner key of the owner who asks; null if `access` is that of a token of the batch
   * @returns the values of new tokens
   */
  renewTokens({ owner, revoke }: TokenRenewal, access?: TokenAccess): Result<TokenSource> {
    return this.#transactions.runOnExpired((batch) => {
      const { config, tally, commit, defer } = batch;
      if (owner !== null && owner !== config.owner) return foreignBatch();
      tally.revoke(revoke);
      commit();
      defer(() => this.#watchers.end(revoke));
      return ok(tokenSource(batch));
    }, access);
  }

  /** Repeats the event of the batch's end. Refused unless the batch is completed. */
  repeatWebhook(access?: TokenAccess): Result<BatchDetails> {
    return this.#transactions.run((batch) => repeatWebhook(batch, settings(this.env)), access);
  }

  status(access?: TokenAccess): Result<BatchDetails> {
    return this.#transactions.run((batch) => {
      this.#presence.onPoll(batch, access);
      return ok(batchDetails(batch));
    }, access);
  }

  /** Refuses uploads, declarations and retries, or accepts them again. Its owner's object calls it. */
  setBlock(block: OperatorBlock): Result<null> {
    return this.#transactions.run(({ tally, commit }) => {
      tally.setBlock(block);
      // A decision of the operator is no activity, which would put off the expiry.
      commit(tally.batch.updatedAt);
      return ok(null);
    });
  }

  /** Returns the batch with the name of its owner, for the operator. */
  operatorStatus(): Result<BatchDetails> {
    return this.#transactions.run((batch) => ok(operatorDetails(batch)));
  }

  list(query: FileListQuery, access?: TokenAccess): Result<FileList> {
    return this.#transactions.run((batch) => ok(listFiles(batch, query)), access);
  }

  /** Returns a page of the receipt. Refused unless the batch is completed. */
  receipt(page: { after: number; limit: number }, access?: TokenAccess): Result<ReceiptPage> {
    return this.#transactions.run((batch) => receiptPage(batch, page), access);
  }

  /** @param digests true to include the digests of the file's parts */
  file(id: number, digests = false, access?: TokenAccess): Result<SingleFileDetails> {
    return this.#transactions.run((batch) => fileResult(batch, id, digests), access);
  }

  /** Returns what a download, or the deletion of its object, needs to know of a file. */
  storedFile(id: number, access?: TokenAccess): Result<StoredFile> {
    return this.#transactions.run((batch) => {
      return found(this.#sheets.withLeftover(batch, storedFile(batch, id)), id);
    }, access);
  }

  /** Returns a stored contact sheet. */
  sheet(sheet: number, access?: TokenAccess): Result<StoredSheet> {
    return this.#transactions.run((batch) => this.#sheets.find(batch, sheet), access);
  }

  /** Admits a request to store a sheet. @param by id of the request */
  admitSheet(
    sheet: number,
    by: string,
    condition: SheetCondition,
    access?: TokenAccess,
  ): Result<{ key: string }> {
    return this.#transactions.run(
      (batch) => this.#sheets.admit(batch, sheet, by, condition),
      access,
    );
  }

  /** Records the sheet that was stored. @param etag null if R2 has failed */
  recordSheet(sheet: number, by: string, etag: string | null): Result<null> {
    return this.#transactions.run((batch) => this.#sheets.record(batch, sheet, by, etag));
  }

  /** Returns what an archive of some files needs to know of them. @param ranges ids; null for all */
  archive(ranges: FileRanges, access?: TokenAccess): Result<ArchivedFiles> {
    return this.#transactions.run((batch) => archivedFiles(batch, ranges), access);
  }

  /** Returns the admissions of up to `count` files from id `first`. */
  admit(
    first: number,
    count: number,
    access?: TokenAccess,
  ): Result<{ rev: number; files: Admission[] }> {
    return this.#transactions.run((batch) => admitFiles(batch, first, count, this.env), access);
  }

  /**
   * Applies events to the tally in order. Returns the rows of their files.
   *
   * @param returned id of a file to return with its parts: a request that uploads one file needs no
   *   further call for its response
   * @param listed ids of files to return in full, for a request that uploads several
   */
  applyEvents(
    events: FileEvent[],
    returned: number | null = null,
    listed: number[] = [],
  ): Result<AppliedEvents> {
    return this.#transactions.run((batch) => {
      const changed = applyReported(batch, events);
      return ok(appliedEvents(batch, changed, returned, listed));
    });
  }

  /** Returns the admission of one part (1, 2, 3, …) of a file. */
  admitPart(id: number, part: number, access?: TokenAccess): Result<PartAdmission> {
    return this.#transactions.run((batch) => {
      return admitPart(batch, { id, part }, this.#partRequests, this.env);
    }, access);
  }

  /**
   * Registers a multipart upload that a request has created for a file. This also retries a failed
   * file: the event that would do so may arrive later.
   *
   * @returns the multipart upload to use, which is the first one that was registered; null if the file
   *   needs no parts any more. Any other one is aborted by the cleanup.
   */
  registerMultipart(id: number, multipart: NewMultipart): Result<MultipartUpload | null> {
    return this.#transactions.run((batch) => {
      const chosen = registerMultipart(batch, id, multipart, this.#partRequests);
      if (chosen?.id !== multipart.id) batch.defer(() => this.#cleanup.runNow());
      return ok(chosen);
    });
  }

  /**
   * Records a part that was stored in R2.
   *
   * @param before events that precede it, for the same transaction
   * @returns the file; with the completion for the caller to perform if all parts are stored
   */
  recordPart(id: number, part: StoredPart, before: FileEvent[] = []): Result<RecordedPart> {
    return this.#transactions.run((batch) => {
      return recordPart(batch, { id, part, before }, this.#partRequests);
    });
  }

  /**
   * Returns a completion that its caller could not perform, for another caller.
   *
   * @param doubtful R2's answer, if R2 may have completed the file all the same, or never will
   * @param by id of a request that tries again: it gets the completion with the newest parts
   */
  releaseCompletion(
    id: number,
    doubtful: DoubtfulCompletion | null = null,
    by: string | null = null,
  ): Result<MultipartCompletion | null> {
    return this.#transactions.run((batch) => ok(releaseCompletion(batch, id, doubtful, by)));
  }

  /** Opens a watcher's socket. The Worker has verified the token and made the request itself. */
  override fetch(request: Request): Response {
    return openSocket(request, this.#transactions, this.#watchers, this.#presence);
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    this.#watchers.receive(socket, message);
  }

  override webSocketClose(socket: WebSocket): void {
    this.#watchers.ackClose(socket);
    this.#presence.onClose(this.#watchers.isUploader(socket));
  }

  override async alarm(): Promise<void> {
    await this.#cleanup.onAlarm();
  }
}
