import { retryable } from "cloudflare:durable-objects";
import { DurableObject } from "cloudflare:workers";
import {
  type BatchResource,
  type DeclaredFiles,
  usesParts,
  partSize,
  type Row,
} from "../../protocol/index.ts";
import { batchFolder, type MultipartUpload } from "../../storage/keys.ts";
import type { FileDeclaration } from "../../protocol/schemas.ts";
import { type Admission, admissions } from "./admission.ts";
import {
  ok,
  type Result,
  changeRefusal,
  declareRefusal,
  uploadRefusal,
  unknownFile,
} from "./refusals.ts";
import { singleFile } from "./file-answer.ts";
import { countedBytes, declaredFiles } from "./file-limits.ts";
import { type FileEvent, fileRow } from "./file.ts";
import { Transactions } from "./transaction.ts";
import type { BatchEvent } from "../owner/index.ts";
import { INITIAL_OWNER_STATE } from "./owner-sync.ts";
import {
  openUpload,
  recordPart,
  type PartAdmission,
  type RecordedPart,
  type StoredPart,
} from "./parts.ts";
import type { Tally } from "./tally.ts";
import { type BatchLimits, batchLimits } from "./limits.ts";
import type { FileListQuery, NewBatch, NewFiles } from "./requests.ts";
import {
  batchResource,
  fileDetails,
  type FileDetails,
  selectFiles,
  type SingleFileDetails,
  type StoredFile,
} from "./views.ts";

/**
 * The Durable Object of one batch, as the Worker calls it. Every method may be called again with
 * the same arguments and then changes nothing, so the platform may retry it.
 */
export class Batch extends DurableObject<Env> {
  static {
    retryable(
      this.prototype.create,
      this.prototype.declare,
      this.prototype.seal,
      this.prototype.setPaused,
      this.prototype.cancel,
      this.prototype.retry,
      this.prototype.cancelFile,
      this.prototype.status,
      this.prototype.list,
      this.prototype.file,
      this.prototype.storedFile,
      this.prototype.admit,
      this.prototype.applyEvents,
      this.prototype.admitPart,
      this.prototype.registerMultipart,
      this.prototype.recordPart,
      this.prototype.releaseCompletion,
      this.prototype.delete,
    );
  }

  readonly #transactions: Transactions;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#transactions = new Transactions(ctx, env);
  }

  create({ id, metadata, files, sealed, owner, grantLimits }: NewBatch): BatchResource {
    const fixed = {
      id,
      folder: batchFolder(id, grantLimits?.prefix),
      metadata,
      ...(owner && { owner: owner.key }),
      ...(grantLimits && { grantLimits }),
    };
    const { config, tally } = this.#transactions.create(fixed, (created) => {
      if (owner?.isNotified) this.#transactions.store.saveOwnerState(INITIAL_OWNER_STATE);
      this.#addFiles(created, files, batchLimits(this.env, grantLimits));
      if (sealed) created.seal();
    });
    return batchResource(config, tally);
  }

  declare({ key, files, firstFile = null }: NewFiles): Result<DeclaredFiles> {
    return this.#transactions.run(({ config, tally }) => {
      const answered = this.#transactions.store.declared(key);
      if (answered) return ok(answered);
      const limits = batchLimits(this.env, config.grantLimits);
      const problem = declareRefusal(tally, { count: files.length, firstFile }, limits);
      if (problem) return problem;
      const first = this.#addFiles(tally, files, limits);
      this.#transactions.commit(tally, Date.now());
      const value = { firstFile: first, count: files.length, rev: tally.batch.rev };
      this.#transactions.store.saveDeclared(key, value);
      return ok(value);
    });
  }

  seal(): Result<BatchResource> {
    return this.#change((tally) => tally.seal());
  }

  setPaused(paused: boolean): Result<BatchResource> {
    return this.#change((tally) => tally.setPaused(paused));
  }

  /** Calls the batch off; a batch that is complete stays so. */
  cancel(): Result<BatchResource> {
    return this.#transactions.run(({ config, tally }) => {
      const now = Date.now();
      if (tally.state !== "completed") tally.cancel(now);
      this.#transactions.commit(tally, now);
      return ok(batchResource(config, tally));
    });
  }

  /** @param files ids; null for all that are worth another try */
  retry(files: number[] | null): Result<BatchResource> {
    return this.#change((tally, now) => tally.retry(files, now));
  }

  cancelFile(id: number): Result<SingleFileDetails> {
    return this.#transactions.run(({ tally }) => {
      const now = Date.now();
      tally.apply([{ file: id, event: "cancelled" }], now);
      this.#transactions.commit(tally, now);
      return singleFile(id, tally, this.#transactions.store);
    });
  }

  status(): Result<BatchResource> {
    return this.#transactions.run(({ config, tally }) => ok(batchResource(config, tally)));
  }

  list({ since, state, after, limit }: FileListQuery): Result<{
    rev: number;
    files: FileDetails[];
    next: number | null;
  }> {
    return this.#transactions.run(({ tally }) => {
      const { ids, more } = selectFiles(
        tally.files,
        (file) => (since === null || file.rev > since) && (state === null || file.state === state),
        { after, limit },
      );
      const files = fileDetails(ids, tally, this.#transactions.store);
      return ok({ rev: tally.batch.rev, files, next: more ? (ids.at(-1) ?? null) : null });
    });
  }

  /** @param digests are those of its parts wanted too? */
  file(id: number, digests = false): Result<SingleFileDetails> {
    return this.#transactions.run(({ tally }) =>
      singleFile(id, tally, this.#transactions.store, digests),
    );
  }

  /** What a download must know of one file. */
  storedFile(id: number): Result<StoredFile> {
    return this.#transactions.run(({ config, tally }) => {
      const [details] = fileDetails([id], tally, this.#transactions.store);
      return details ? ok({ ...details, folder: config.folder }) : unknownFile(id);
    });
  }

  /** What the Worker must know before it takes the bytes of up to `count` files from `first` on. */
  admit(first: number, count: number): Result<{ rev: number; files: Admission[] }> {
    return this.#transactions.run((opened) => {
      const problem = uploadRefusal(opened.tally);
      if (problem) return problem;
      return ok({
        rev: opened.tally.batch.rev,
        files: admissions(opened, this.#transactions.store, first, count),
      });
    });
  }

  /**
   * Applies events to the tally in order, and returns the rows of their files.
   *
   * @param returned id of a file to return in full: a request that uploads one file needs no further
   *   call for its response
   */
  applyEvents(
    events: FileEvent[],
    returned: number | null = null,
  ): Result<{ rev: number; rows: Row[]; file?: SingleFileDetails }> {
    return this.#transactions.run(({ tally }) => {
      this.#transactions.apply(tally, events);
      const ids = [...new Set(events.map((event) => event.file))];
      const rows = ids.flatMap((id) => {
        const file = tally.files[id];
        return file ? [fileRow(id, file)] : [];
      });
      const file = returned === null ? null : singleFile(returned, tally, this.#transactions.store);
      return ok({ rev: tally.batch.rev, rows, ...(file?.ok && { file: file.value }) });
    });
  }

  /** What the Worker must know before it takes the bytes of one part (1, 2, 3, …) of a file. */
  admitPart(id: number, part: number): Result<PartAdmission> {
    return this.#transactions.run((opened) => {
      const { tally } = opened;
      const problem = uploadRefusal(tally);
      if (problem) return problem;
      const [file] = admissions(opened, this.#transactions.store, id, 1);
      const record = tally.files[id];
      if (!file || !record) return unknownFile(id);
      const isStored = this.#transactions.store.part(id, part) !== null;
      return ok({
        file,
        bytes: usesParts(file.size) ? partSize(file.size, part) : 0,
        multipart: openUpload(record),
        isStored,
        completion: isStored ? this.#transactions.claimCompletion(tally, id) : null,
      });
    });
  }

  /**
   * Notes the multipart upload that a file's parts go to. One that had failed is thereby tried again:
   * the report that says so may come later than this.
   *
   * @returns the one to use: of two that were opened side by side, the first; null where the file
   *   wants no parts any more. Any other is given up here, whatever becomes of the caller.
   */
  registerMultipart(id: number, multipart: MultipartUpload): Result<MultipartUpload | null> {
    return this.#transactions.run(({ tally }) => {
      const retried = { file: id, event: "retried" } as const;
      this.#transactions.apply(tally, [
        retried,
        { file: id, event: "multipartOpened", ...multipart },
      ]);
      const chosen = openUpload(tally.files[id]);
      if (chosen?.id !== multipart.id) this.#transactions.scheduleCleanup();
      return ok(chosen);
    });
  }

  /**
   * Notes a stored part; whoever brings the last one is given the file to put together.
   *
   * @param before reports of what came before it
   */
  recordPart(id: number, part: StoredPart, before: FileEvent[] = []): Result<RecordedPart> {
    return this.#transactions.run(({ tally }) => {
      this.#transactions.apply(tally, before, () =>
        recordPart(id, part, tally.files[id], this.#transactions.store),
      );
      const file = singleFile(id, tally, this.#transactions.store);
      if (!file.ok) return file;
      return ok({ file: file.value, completion: this.#transactions.claimCompletion(tally, id) });
    });
  }

  /** Lets the next caller put a file together: this one could not. */
  releaseCompletion(id: number): Result<null> {
    return this.#transactions.run(() => {
      this.#transactions.releaseCompletion(id);
      return ok(null);
    });
  }

  /**
   * Removes the batch and its files: whoever asks from now on is told that there is none.
   *
   * @returns what its owner is to be told, and where its objects lie
   */
  delete(): Result<{ event: BatchEvent; folder: string }> {
    return this.#transactions.remove();
  }

  /** A watcher's socket. The Worker has checked its token and rebuilt the request. */
  override fetch(request: Request): Response {
    const { searchParams: query } = new URL(request.url);
    const [since, address] = [query.get("since"), query.get("address")];
    const from = { since: since === null ? null : Number(since), address };
    const { 0: client, 1: server } = new WebSocketPair();
    const welcomed = this.#transactions.run((opened) =>
      this.#transactions.addWatcher(opened, server, from),
    );
    if (!welcomed.ok) return Response.json(welcomed);
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketMessage(socket: WebSocket): void {
    this.#transactions.rejectMessage(socket);
  }

  override webSocketClose(socket: WebSocket): void {
    this.#transactions.ackClose(socket);
  }

  override async alarm(): Promise<void> {
    await this.#transactions.onAlarm();
  }

  /** A step that changes the batch as a whole, unless it is called off. */
  #change(change: (tally: Tally, now: number) => void): Result<BatchResource> {
    return this.#transactions.run(({ config, tally }) => {
      const problem = changeRefusal(tally);
      if (problem) return problem;
      const now = Date.now();
      change(tally, now);
      this.#transactions.commit(tally, now);
      return ok(batchResource(config, tally));
    });
  }

  #addFiles(tally: Tally, files: readonly FileDeclaration[], limits: BatchLimits): number {
    const firstFile = tally.declare(declaredFiles(files, limits, countedBytes(tally.files)));
    this.#transactions.store.appendManifest(firstFile, files);
    return firstFile;
  }
}
