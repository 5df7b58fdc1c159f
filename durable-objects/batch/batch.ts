import { retryable } from "cloudflare:durable-objects";
import { DurableObject } from "cloudflare:workers";
import {
  type BatchResource,
  type DeclaredFiles,
  goesInParts,
  partSize,
  type Row,
} from "../../protocol/index.ts";
import type { FileDeclaration } from "../../protocol/schemas.ts";
import { type Admission, admissionsOf } from "./admission.ts";
import {
  answer,
  type Answer,
  changingProblem,
  declaringProblem,
  sendingProblem,
  unknownFile,
} from "./refusals.ts";
import { fileAnswer } from "./file-answer.ts";
import { bytesOf, declaredFiles } from "./file-limits.ts";
import { type Report, rowOf } from "./file.ts";
import { Keeper } from "./transaction.ts";
import type { BatchNews } from "../owner/index.ts";
import { BORN } from "./owner-sync.ts";
import { notePart, type PartAdmission, type PartReceipt, type StoredPart } from "./parts.ts";
import type { Tally } from "./tally.ts";
import { folderOf, type Terms, termsOf } from "./limits.ts";
import type { FileQuery, NewBatch, NewFiles } from "./requests.ts";
import {
  batchResource,
  detailsOf,
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
      this.prototype.stored,
      this.prototype.admit,
      this.prototype.report,
      this.prototype.admitPart,
      this.prototype.openMultipart,
      this.prototype.storePart,
      this.prototype.releaseAssembly,
      this.prototype.destroy,
    );
  }

  readonly #keeper: Keeper;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#keeper = new Keeper(ctx, env);
  }

  create({ id, metadata, files, sealed, owner, limits }: NewBatch): BatchResource {
    const fixed = { id, metadata, ...(owner && { owner: owner.key }), ...(limits && { limits }) };
    const { charter, tally } = this.#keeper.create(fixed, (created) => {
      if (owner?.isTold) this.#keeper.store.saveTold(BORN);
      this.#addFiles(created, files, termsOf(this.env, limits));
      if (sealed) created.seal();
    });
    return batchResource(charter, tally);
  }

  declare({ key, files, firstFile = null }: NewFiles): Answer<DeclaredFiles> {
    return this.#keeper.step(({ charter, tally }) => {
      const answered = this.#keeper.store.declared(key);
      if (answered) return answer(answered);
      const terms = termsOf(this.env, charter.limits);
      const problem = declaringProblem(tally, { count: files.length, firstFile }, terms);
      if (problem) return problem;
      const first = this.#addFiles(tally, files, terms);
      this.#keeper.commit(tally, Date.now());
      const value = { firstFile: first, count: files.length, rev: tally.batch.rev };
      this.#keeper.store.saveDeclared(key, value);
      return answer(value);
    });
  }

  seal(): Answer<BatchResource> {
    return this.#change((tally) => tally.seal());
  }

  setPaused(paused: boolean): Answer<BatchResource> {
    return this.#change((tally) => tally.setPaused(paused));
  }

  /** Calls the batch off; a batch that is complete stays so. */
  cancel(): Answer<BatchResource> {
    return this.#keeper.step(({ charter, tally }) => {
      const now = Date.now();
      if (tally.state !== "completed") tally.cancel(now);
      this.#keeper.commit(tally, now);
      return answer(batchResource(charter, tally));
    });
  }

  /** @param files ids; null for all that are worth another try */
  retry(files: number[] | null): Answer<BatchResource> {
    return this.#change((tally, now) => tally.retry(files, now));
  }

  cancelFile(id: number): Answer<SingleFileDetails> {
    return this.#keeper.step(({ tally }) => {
      const now = Date.now();
      tally.apply([{ file: id, event: "cancelled" }], now);
      this.#keeper.commit(tally, now);
      return fileAnswer(id, tally, this.#keeper.store);
    });
  }

  status(): Answer<BatchResource> {
    return this.#keeper.step(({ charter, tally }) => answer(batchResource(charter, tally)));
  }

  list({ since, state, after, limit }: FileQuery): Answer<{
    rev: number;
    files: FileDetails[];
    next: number | null;
  }> {
    return this.#keeper.step(({ tally }) => {
      const { ids, more } = selectFiles(
        tally.files,
        (file) => (since === null || file.rev > since) && (state === null || file.state === state),
        { after, limit },
      );
      const files = detailsOf(ids, tally, this.#keeper.store);
      return answer({ rev: tally.batch.rev, files, next: more ? (ids.at(-1) ?? null) : null });
    });
  }

  /** @param digests are those of its parts wanted too? */
  file(id: number, digests = false): Answer<SingleFileDetails> {
    return this.#keeper.step(({ tally }) => fileAnswer(id, tally, this.#keeper.store, digests));
  }

  /** What a download must know of one file. */
  stored(id: number): Answer<StoredFile> {
    return this.#keeper.step(({ charter, tally }) => {
      const [details] = detailsOf([id], tally, this.#keeper.store);
      return details ? answer({ ...details, folder: folderOf(charter) }) : unknownFile(id);
    });
  }

  /** What the Worker must know before it takes the bytes of up to `count` files from `first` on. */
  admit(first: number, count: number): Answer<{ rev: number; files: Admission[] }> {
    return this.#keeper.step((opened) => {
      const problem = sendingProblem(opened.tally);
      if (problem) return problem;
      return answer({
        rev: opened.tally.batch.rev,
        files: admissionsOf(opened, this.#keeper.store, first, count),
      });
    });
  }

  /** Takes reports into the tally, in order, and answers each reported file's row. */
  report(reports: Report[]): Answer<{ rev: number; rows: Row[] }> {
    return this.#keeper.step(({ tally }) => {
      this.#keeper.apply(tally, reports);
      const ids = [...new Set(reports.map((report) => report.file))];
      const rows = ids.flatMap((id) => {
        const file = tally.files[id];
        return file ? [rowOf(id, file)] : [];
      });
      return answer({ rev: tally.batch.rev, rows });
    });
  }

  /** What the Worker must know before it takes the bytes of one part (1, 2, 3, …) of a file. */
  admitPart(id: number, part: number): Answer<PartAdmission> {
    return this.#keeper.step((opened) => {
      const { tally } = opened;
      const problem = sendingProblem(tally);
      if (problem) return problem;
      const [file] = admissionsOf(opened, this.#keeper.store, id, 1);
      const record = tally.files[id];
      if (!file || !record) return unknownFile(id);
      const isStored = this.#keeper.store.part(id, part) !== null;
      return answer({
        file,
        bytes: goesInParts(file.size) ? partSize(file.size, part) : 0,
        multipart: record.multipart?.id ?? null,
        isStored,
        assembly: isStored ? this.#keeper.claimAssembly(tally, id) : null,
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
  openMultipart(id: number, multipart: { id: string; key: string }): Answer<string | null> {
    return this.#keeper.step(({ tally }) => {
      const retried = { file: id, event: "retried" } as const;
      this.#keeper.apply(tally, [retried, { file: id, event: "multipartOpened", ...multipart }]);
      const chosen = tally.files[id]?.multipart?.id ?? null;
      if (chosen !== multipart.id) this.#keeper.tidySoon();
      return answer(chosen);
    });
  }

  /**
   * Notes a stored part; whoever brings the last one is given the file to put together.
   *
   * @param before reports of what came before it
   */
  storePart(id: number, part: StoredPart, before: Report[] = []): Answer<PartReceipt> {
    return this.#keeper.step(({ tally }) => {
      this.#keeper.apply(tally, before, () =>
        notePart(id, part, tally.files[id], this.#keeper.store),
      );
      const file = fileAnswer(id, tally, this.#keeper.store);
      if (!file.ok) return file;
      return answer({ file: file.value, assembly: this.#keeper.claimAssembly(tally, id) });
    });
  }

  /** Lets the next caller put a file together: this one could not. */
  releaseAssembly(id: number): Answer<null> {
    return this.#keeper.step(() => {
      this.#keeper.releaseAssembly(id);
      return answer(null);
    });
  }

  /**
   * Removes the batch and its files: whoever asks from now on is told that there is none.
   *
   * @returns what its owner is to be told, and where its objects lie
   */
  destroy(): Answer<{ news: BatchNews; folder: string }> {
    return this.#keeper.remove();
  }

  /** A watcher's socket. The Worker has checked its token and rebuilt the request. */
  override fetch(request: Request): Response {
    const { searchParams: query } = new URL(request.url);
    const [since, address] = [query.get("since"), query.get("address")];
    const from = { since: since === null ? null : Number(since), address };
    const { 0: client, 1: server } = new WebSocketPair();
    const welcomed = this.#keeper.step((opened) => this.#keeper.welcome(opened, server, from));
    if (!welcomed.ok) return Response.json(welcomed);
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketMessage(socket: WebSocket): void {
    this.#keeper.refuse(socket);
  }

  override webSocketClose(socket: WebSocket): void {
    this.#keeper.partWith(socket);
  }

  override async alarm(): Promise<void> {
    await this.#keeper.takeCare();
  }

  /** A step that changes the batch as a whole, unless it is called off. */
  #change(change: (tally: Tally, now: number) => void): Answer<BatchResource> {
    return this.#keeper.step(({ charter, tally }) => {
      const problem = changingProblem(tally);
      if (problem) return problem;
      const now = Date.now();
      change(tally, now);
      this.#keeper.commit(tally, now);
      return answer(batchResource(charter, tally));
    });
  }

  #addFiles(tally: Tally, files: readonly FileDeclaration[], terms: Terms): number {
    const firstFile = tally.declare(declaredFiles(files, terms, bytesOf(tally.files)));
    this.#keeper.store.appendManifest(firstFile, files);
    return firstFile;
  }
}
