import { retryable } from "cloudflare:durable-objects";
import { DurableObject } from "cloudflare:workers";
import {
  type BatchResource,
  type DeclaredFiles,
  type FileState,
  type Frame,
  LIMITS,
  type Metadata,
  type Row,
} from "../../protocol/index.ts";
import type { FileDeclaration } from "../../protocol/schemas.ts";
import { type Admission, admissionOf } from "./admission.ts";
import {
  answer,
  type Answer,
  cancelledBatch,
  declaringProblem,
  sendingProblem,
  unknownBatch,
  unknownFile,
} from "./answers.ts";
import { framesOf, greeting } from "./frames.ts";
import { declaredFile } from "./file-limits.ts";
import { type Report, reportsOfSilence, rowOf } from "./file-record.ts";
import type { Pending } from "./frame-queue.ts";
import { type BatchCharter, Store } from "./store.ts";
import { type BatchRecord, Tally } from "./tally.ts";
import { batchResource, fileDetails, type FileDetails, selectFiles } from "./views.ts";
import { Watchers } from "./watchers.ts";

/** An upload that nobody has heard of for this long has vanished with the Worker that took it. */
const SILENCE_MS = 60_000;

export interface NewBatch {
  id: string;
  metadata: Metadata;
  files: FileDeclaration[];
  sealed: boolean;
  /** ms since 1970 */
  expiresAt: number;
}

/** A batch that exists. */
interface Opened {
  charter: BatchCharter;
  tally: Tally;
}

/** Which files to list: those that changed after `since`, in `state`, with ids above `after`. */
export interface FileQuery {
  since: number | null;
  state: FileState | null;
  after: number;
  limit: number;
}

/**
 * The Durable Object of one batch: its tally, kept in SQLite, and its watchers.
 *
 * Every method is one synchronous step: read, change the tally, write, tell, answer. The platform
 * holds answers and frames back until what was written is durable, so nobody is ever told what a
 * crash could take back. Every method may be called again with the same arguments and then changes
 * nothing, so the platform may retry it.
 */
export class Batch extends DurableObject<Env> {
  static {
    retryable(
      this.prototype.create,
      this.prototype.declare,
      this.prototype.seal,
      this.prototype.status,
      this.prototype.list,
      this.prototype.file,
      this.prototype.admit,
      this.prototype.report,
    );
  }

  readonly #store: Store;
  readonly #watchers: Watchers;
  #opened: Opened | null = null;
  #alarmIsSet = false;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#store = new Store(ctx.storage);
    this.#watchers = new Watchers(ctx, (pending) => this.#framesOf(pending));
    const charter = this.#store.charter();
    const batch = this.#store.batch();
    if (charter && batch) {
      this.#opened = { charter, tally: new Tally(batch, this.#store.records()) };
    }
  }

  create({ id, metadata, files, sealed, expiresAt }: NewBatch): BatchResource {
    if (this.#opened) return batchResource(this.#opened.charter, this.#opened.tally);
    const now = Date.now();
    const charter = { id, metadata };
    const tally = new Tally(newBatchRecord(now, expiresAt), []);
    this.#store.saveCharter(charter);
    this.#opened = { charter, tally };
    this.#addFiles(tally, files);
    if (sealed) tally.seal();
    this.#commit(tally, now);
    return batchResource(charter, tally);
  }

  /** @param key names this call: calling again with the same key declares nothing more. */
  declare(key: string, files: FileDeclaration[]): Answer<DeclaredFiles> {
    return this.#answer(({ tally }) => {
      const answered = this.#store.declared(key);
      if (answered) return answer(answered);
      const problem = declaringProblem(tally, files.length);
      if (problem) return problem;
      const firstFile = this.#addFiles(tally, files);
      this.#commit(tally, Date.now());
      const value = { firstFile, count: files.length, rev: tally.batch.rev };
      this.#store.saveDeclared(key, value);
      return answer(value);
    });
  }

  seal(): Answer<BatchResource> {
    return this.#answer(({ charter, tally }) => {
      if (tally.batch.cancelled) return cancelledBatch();
      tally.seal();
      this.#commit(tally, Date.now());
      return answer(batchResource(charter, tally));
    });
  }

  status(): Answer<BatchResource> {
    return this.#answer(({ charter, tally }) => answer(batchResource(charter, tally)));
  }

  list({ since, state, after, limit }: FileQuery): Answer<{
    rev: number;
    files: FileDetails[];
    next: number | null;
  }> {
    return this.#answer(({ tally }) => {
      const { ids, more } = selectFiles(
        tally.files,
        (file) => (since === null || file.rev > since) && (state === null || file.state === state),
        { after, limit },
      );
      const files = this.#details(tally, ids);
      const next = more ? (ids.at(-1) ?? null) : null;
      return answer({ rev: tally.batch.rev, files, next });
    });
  }

  file(id: number): Answer<FileDetails> {
    return this.#answer(({ tally }) => {
      const [details] = this.#details(tally, [id]);
      return details ? answer(details) : unknownFile(id);
    });
  }

  /** What the Worker must know before it takes the bytes of up to `count` files from `first` on. */
  admit(first: number, count: number): Answer<{ rev: number; files: Admission[] }> {
    return this.#answer(({ tally }) => {
      const problem = sendingProblem(tally);
      if (problem) return problem;
      const files = tally.files.slice(first, first + count);
      const manifest = this.#store.manifest(first, first + files.length);
      const admissions = files.flatMap((file, index) => {
        const declared = manifest[index];
        return declared ? [admissionOf(first + index, declared, file)] : [];
      });
      return answer({ rev: tally.batch.rev, files: admissions });
    });
  }

  /** Takes reports into the tally, in order, and answers each reported file's row. */
  report(reports: Report[]): Answer<{ rev: number; rows: Row[] }> {
    return this.#answer(({ tally }) => {
      const now = Date.now();
      tally.apply(reports, now);
      this.#commit(tally, now);
      const ids = [...new Set(reports.map((report) => report.file))];
      const rows = ids.flatMap((id) => {
        const file = tally.files[id];
        return file ? [rowOf(id, file)] : [];
      });
      return answer({ rev: tally.batch.rev, rows });
    });
  }

  /** A watcher's socket. The Worker has checked its token and rebuilt the request. */
  override fetch(request: Request): Response {
    const opened = this.#opened;
    if (!opened) return new Response(null, { status: 404 });
    const since = new URL(request.url).searchParams.get("since");
    const { 0: client, 1: server } = new WebSocketPair();
    this.#watchers.accept(server, () =>
      greeting({ ...opened, store: this.#store }, since === null ? null : Number(since)),
    );
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketMessage(socket: WebSocket): void {
    this.#watchers.refuse(socket);
  }

  /** Looks for uploads whose Worker has vanished. */
  override alarm(): void {
    this.#alarmIsSet = false;
    if (!this.#opened) return;
    const { tally } = this.#opened;
    const now = Date.now();
    for (const [id, { heardAt }] of tally.files.entries()) {
      const file = tally.files[id];
      if (!file || heardAt === undefined || heardAt + SILENCE_MS > now) continue;
      tally.apply(reportsOfSilence(id, file), now);
    }
    this.#commit(tally, now);
    this.#watchForSilence(tally);
  }

  #answer<T>(call: (opened: Opened) => Answer<T>): Answer<T> {
    return this.#opened ? call(this.#opened) : unknownBatch();
  }

  #addFiles(tally: Tally, files: readonly FileDeclaration[]): number {
    const firstFile = tally.declare(files.map((file) => declaredFile(file, LIMITS.fileBytes)));
    this.#store.appendManifest(firstFile, files);
    return firstFile;
  }

  /** Stores what changed, then tells it: in this order, and without an await between. */
  #commit(tally: Tally, now: number): void {
    const changes = tally.commit(now);
    if (!changes) return;
    this.#store.saveRecords(tally.files, changes.files);
    this.#store.saveBatch(tally.batch);
    this.#watchForSilence(tally);
    this.#watchers.tell(changes);
  }

  #watchForSilence(tally: Tally): void {
    if (this.#alarmIsSet || tally.totals.uploading + tally.totals.processing === 0) return;
    this.#alarmIsSet = true;
    this.ctx.waitUntil(this.ctx.storage.setAlarm(Date.now() + SILENCE_MS));
  }

  #details(tally: Tally, ids: readonly number[]): FileDetails[] {
    const [first, last] = [ids[0], ids.at(-1)];
    if (first === undefined || last === undefined) return [];
    const manifest = this.#store.manifest(first, last + 1);
    return ids.flatMap((id) => {
      const file = tally.files[id];
      const declared = manifest[id - first];
      return file && declared ? [fileDetails(id, declared, file)] : [];
    });
  }

  #framesOf(pending: Pending): Frame[] {
    return this.#opened ? framesOf({ ...this.#opened, store: this.#store }, pending) : [];
  }
}

function newBatchRecord(now: number, expiresAt: number): BatchRecord {
  return {
    rev: 0,
    sealed: false,
    paused: false,
    cancelled: false,
    createdAt: now,
    updatedAt: now,
    completedAt: null,
    expiresAt,
  };
}
