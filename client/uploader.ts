import type { CreatedBatch, DeclaredFiles, FileDeclaration } from "../protocol/index.ts";
import { isSettled, LIMITS } from "../protocol/index.ts";
import type { BatchApi } from "./api/batch-api.ts";
import type { OnRateLimited } from "./api/retry.ts";
import { addCancelled } from "./cancelled-files.ts";
import { Creation } from "./creation.ts";
import { callsWithin } from "./declaration-calls.ts";
import { type ClientCode, isFatal, isFilesAdded, problemOf, ProblemError } from "./errors.ts";
import type { ResumableBatch } from "./resumable-batch.ts";
import type { Replacements } from "./send/replacements.ts";
import type { UploadSession } from "./send/session.ts";
import { failedFiles } from "./ledger.ts";
import { LimitedView } from "./limited-view.ts";
import { declarationOf, ledgerFile, type Source } from "./source.ts";
import { startSession } from "./start-session.ts";
import { UndeclaredFiles } from "./undeclared-files.ts";
import type { UploaderOptions } from "./uploader-options.ts";

/**
 * Uploads files into a batch, and reports the progress of each.
 *
 * The first `add` creates the batch. More files can be added until all known ones have been sent: then
 * the batch is sealed, and completes. While a file has failed here and the server still waits for it, or
 * couldn't be declared but may be later, the batch stays open; `retry` the file, or end the batch without
 * it (`cancelFailed`).
 *
 * To resume a batch after a reload, save `resumableBatch`, and the files' content if it should survive
 * the page. Create an Uploader with that `batch`, `attachContents` that was saved, ask people for the
 * other files, and pass them to `matchFiles`. Only missing bytes are sent.
 *
 * @example
 * const uploader = new Uploader({ endpoint: location.origin });
 * uploader.on("completed", ({ completed }) => console.log(`${completed} files are stored.`));
 * uploader.add([...input.files].map((file) => ({ name: file.name, blob: file })));
 */
export class Uploader extends LimitedView {
  readonly #options: UploaderOptions;
  readonly #emitRateLimited: OnRateLimited = (ms, code) => this.emit("ratelimited", { ms, code });
  readonly #creation = new Creation(this.reachability, this.disposal.signal);
  #created: CreatedBatch | null = null;
  #session: UploadSession | null = null;
  /** Declarations run one after the other, so that ids follow the order of `add`. */
  #declaring: Promise<void> = Promise.resolve();
  /** Files and lists of files that are being declared or loaded. */
  #pending = 0;
  #isOpen = false;
  readonly #missing = new Set<number>();
  /** Files that others were declared in place of from here. The server's news of them may be late. */
  readonly #replaced = new Set<number>();
  /** False if the batch's files couldn't be loaded. */
  #isLoaded = true;
  /** True if nothing more will be sent, as the last `idle` event said. */
  #isIdle = true;
  readonly #undeclared = new UndeclaredFiles();

  constructor(options: UploaderOptions) {
    super(options.endpoint);
    this.bytesPerSecond = options.bytesPerSecond ?? null;
    this.#options = options;
    this.on("batch", ({ state }) => {
      this.#session?.onBatchChanged(state);
      if (state === "cancelled") this.#undeclared.delete();
      this.#advance();
    });
    this.on("connection", (connection) => this.#session?.onConnectionChanged(connection));
    if (options.batch) this.#declaring = this.#resume(options.batch);
  }

  /** The created batch's id, tokens, links and limits; null before it exists, or for a resumed one. */
  get created(): CreatedBatch | null {
    return this.#created;
  }

  /** Data to save in order to resume the batch; null before it exists. */
  get resumableBatch(): ResumableBatch | null {
    return this.#created ?? this.#options.batch ?? null;
  }

  /** Ids of files that need an upload and whose content isn't here: another client declared them. */
  get missing(): ReadonlySet<number> {
    return this.#missing;
  }

  /** Files of `add` that couldn't be declared, with the reason. `retry` declares them. */
  get undeclared(): ReadonlyMap<Source, ClientCode> {
    return this.#undeclared.codes;
  }

  /** Returns a file's content while it may have to be sent, else undefined. */
  contentOf(file: number): Blob | undefined {
    return this.#session?.contentOf(file);
  }

  /** True while files are being sent, or more are expected (see `open`). */
  get running(): boolean {
    const isSending = this.#pending > 0 || this.#session?.idle === false;
    return (this.#isOpen || isSending) && !this.cancelled;
  }

  /** True while the bandwidth limit keeps files from being sent. Never in Node, which slows bodies down. */
  get isLimited(): boolean {
    return this.#session?.isLimited ?? false;
  }

  /** True if the batch is cancelled: on the server or, before it exists there, by `cancel`. */
  override get cancelled(): boolean {
    return super.cancelled || this.#creation.isCancelled;
  }

  /**
   * Adds files to the batch and sends them. They get the next ids in this order.
   *
   * A file that was changed and is added again replaces the earlier one: a source with the path of a
   * file that has failed, or that can't be read any more. If size and time are the same, the content is
   * attached to that file and sent. Otherwise that file is cancelled and is one of `ledger.replaced`.
   *
   * @param options.replaces false: all are further files
   * @throws Error if the batch is sealed: create another Uploader
   * @example
   * uploader.add([await openFile("notes.txt")]);
   */
  add(sources: readonly Source[], { replaces = true }: { replaces?: boolean } = {}): void {
    if (this.#session?.isSealed === true)
      throw new Error("The batch is sealed: upload these files with another Uploader.");
    if (sources.length === 0) return;
    this.#undeclared.delete(sources);
    this.#pending += sources.length;
    this.#reportIdle();
    this.#declaring = this.#declaring.then(() => this.#addNow(sources, replaces));
  }

  /** Keeps the batch open for more files until `seal`, even if all known ones have been sent. */
  open(): void {
    this.#isOpen = true;
  }

  /** Ends `open`: the batch is sealed as soon as all files have been sent. */
  seal(): void {
    this.#isOpen = false;
    this.#advance();
  }

  /**
   * Attaches saved content to files of a resumed batch, and sends what the server lacks. Content whose
   * size isn't the declared one is ignored.
   *
   * @param contents by file id
   */
  async attachContents(contents: ReadonlyMap<number, Blob>): Promise<void> {
    await this.#declaring;
    const isOfFile = (id: number, { size }: Blob) =>
      id < this.ledger.count && this.ledger.size(id) === size;
    const attached = new Map([...contents].filter(([id, blob]) => isOfFile(id, blob)));
    this.#attach(attached);
    this.#advance();
  }

  /**
   * Calls `send` once all files of the batch are known here. Returns null if there is no batch, or if
   * a `problem` event has reported an error.
   */
  async request<Result>(send: (api: BatchApi) => Result | Promise<Result>): Promise<Result | null> {
    await this.#declaring;
    if (this.#session === null || !this.#isLoaded) return null;
    try {
      return await send(this.#session.api);
    } catch (error) {
      this.report(error);
      return null;
    }
  }

  /** True if a failed file is being retried by itself. Others have failed for good. */
  isRetrying(file: number): boolean {
    return this.#session?.isSending(file) ?? false;
  }

  /** Retries failed files. @param files ids; default: all that are worth it, and those of `undeclared` */
  retry(files?: readonly number[]): void {
    this.emit("progress", { files: new Set(this.#session?.retry(files)) });
    if (files === undefined && this.#session?.isSealed !== true)
      for (const { sources, replaces } of this.#undeclared.groups())
        this.add(sources, { replaces });
    this.#advance();
  }

  /** Gives up files of `undeclared`, by default all: others may have declared them meanwhile. */
  discardUndeclared(sources?: readonly Source[]): void {
    this.#undeclared.delete(sources);
    this.#advance();
  }

  /**
   * Sends nothing of these files until the returned function is called, and keeps the batch open
   * meanwhile: for an undo before `cancel`, which ends it as well. A request in flight that carries other
   * files, too, may still store one of them.
   *
   * @param files ids of declared files. Those that are stored already aren't held
   * @example
   * const release = uploader.hold([3]);
   * undoButton.onclick = release;
   */
  hold(files: readonly number[]): () => void {
    this.#session?.hold(files);
    return () => {
      this.#session?.release(files);
      this.#advance();
    };
  }

  /**
   * Pauses the batch on every device that uploads to it: requests in flight finish, and no new ones
   * start. Resolves once the server has responded; a `problem` event reports a failure.
   */
  async pause(): Promise<void> {
    await (await this.#existingSession())?.pause();
  }

  /** Resumes the batch, on whatever device it was paused. */
  async resume(): Promise<void> {
    await (await this.#existingSession())?.resume();
  }

  /**
   * Cancels files, or the whole batch, and aborts what is in flight. Files that are known to be settled
   * don't change; one of `files` that has just been completed, or was during its `hold`, is deleted.
   * Resolves once the server has responded; a `problem` event reports a failure, after which the
   * files are sent on. A batch that doesn't exist yet is not created any more, which needs no connection:
   * it is `cancelled` at once, and so are its files. Add further files to another Uploader.
   *
   * @param files ids; default: the whole batch
   */
  async cancel(files?: readonly number[]): Promise<void> {
    if (files === undefined) return this.#cancelBatch();
    const session = await this.#existingSession();
    const cancelled = session?.cancelFiles(files);
    this.#reportIdle();
    await cancelled;
    this.#forgetSettled(files);
    this.#reportIdle();
  }

  /**
   * Cancels the files whose failure keeps the batch open, and gives up those of `undeclared`, so that it
   * ends without them. Resolves once the server has responded; a `problem` event reports a failure.
   *
   * @example
   * const failed = uploader.ledger.localFailures.size + uploader.undeclared.size;
   * if (failed > 0 && confirm(`Finish without ${failed} files?`)) await uploader.cancelFailed();
   */
  async cancelFailed(): Promise<void> {
    const failed = [...this.ledger.localFailures.keys()];
    this.#undeclared.delete();
    if (failed.length > 0) await this.#session?.cancelUnstored(failed);
    this.#forgetSettled(this.#missing);
  }

  override dispose(): void {
    super.dispose();
    this.#session?.end();
  }

  protected override report(error: unknown): void {
    // The reasons of requests that were aborted here.
    if (error === this.#session?.signal.reason || error === this.#creation.signal.reason) return;
    if (error instanceof ProblemError && isFatal(error.code)) this.#session?.end(error);
    super.report(error);
    this.#reportIdle();
  }

  /** Emits `idle` once nothing more will be sent. Called after each change of what is left. */
  #reportIdle(): void {
    const isIdle = this.#pending === 0 && this.#session?.idle !== false;
    if (isIdle === this.#isIdle) return;
    this.#isIdle = isIdle;
    if (isIdle) this.emit("idle", { failed: this.undeclared.size + failedFiles(this.ledger) });
  }

  protected override onFilesChanged(files: ReadonlySet<number>): void {
    for (const id of files) if (!this.ledger.needsUpload(id)) this.#missing.delete(id);
    this.#session?.onFilesChanged(files);
    this.#advance();
  }

  async #cancelBatch(): Promise<void> {
    const isNew = this.resumableBatch === null;
    const cancelled =
      isNew && this.#creation.cancel().catch((error: unknown) => this.report(error));
    this.#session?.end();
    // None is created any more, so that they are cancelled.
    if (isNew) this.add([...this.undeclared.keys()]);
    this.#undeclared.delete();
    this.emit("progress", { files: new Set() });
    this.#reportIdle();
    // Files that are being declared belong to the batch, too.
    await this.#declaring;
    await (cancelled || this.#session?.cancel());
  }

  /** Waits no longer for the content of files that have failed on the server: they are settled. */
  #forgetSettled(files: Iterable<number>): void {
    for (const id of files) if (isSettled(this.ledger.serverState(id))) this.#missing.delete(id);
    this.#advance();
  }

  /** Returns the session once the batch exists; null if none is being created. */
  async #existingSession(): Promise<UploadSession | null> {
    if (this.#session === null) await this.#declaring;
    return this.#session;
  }

  /** The batch counts as running meanwhile: its files aren't known yet. */
  async #resume(batch: ResumableBatch): Promise<void> {
    this.#pending++;
    this.#isLoaded = false;
    try {
      await this.#load(await this.#start(batch));
    } catch (error) {
      this.report(error);
    } finally {
      this.#pending--;
    }
    this.#advance();
  }

  /** Loads the files that were declared elsewhere. */
  async #load({ api }: UploadSession): Promise<void> {
    this.#pending++;
    this.#isLoaded = false;
    try {
      // Also after the end of the session: a page shows all files of a cancelled batch.
      this.#isLoaded = await this.loadFiles(api, this.disposal.signal);
    } finally {
      this.#pending--;
    }
    if (!this.#isLoaded) return this.#reportIdle();
    for (let id = 0; id < this.ledger.count; id++)
      if (this.ledger.needsUpload(id) && !this.contentOf(id)) this.#missing.add(id);
    this.#advance();
  }

  async #addNow(sources: readonly Source[], replaces: boolean): Promise<void> {
    let left = [...sources];
    try {
      const found = replaces ? await this.#replace(sources) : null;
      if (found) left = [...found.added];
      await this.#declareAll(left, found?.declarations ?? sources.map(declarationOf));
    } catch (error) {
      // Another client declared files meanwhile: perhaps these, from a page that was closed.
      if (this.#session && isFilesAdded(error)) await this.#load(this.#session);
      this.#setUndeclared(left, error, replaces);
      this.report(error);
    } finally {
      this.#pending -= sources.length;
      this.#advance();
    }
  }

  /** Attaches the sources that are files of the batch. Returns the others; null without a batch. */
  async #replace(sources: readonly Source[]): Promise<Replacements | null> {
    if (this.#session === null) return null;
    // Without content here, the files of a batch that was created here are those of other clients.
    const files = { replaced: this.#replaced, replacesMissing: this.#created === null };
    const found = await this.#session.findReplacements(sources, files);
    this.#attach(found.contents);
    return found;
  }

  #attach(contents: ReadonlyMap<number, Blob>): void {
    this.#session?.attach(contents);
    for (const id of contents.keys()) this.#missing.delete(id);
    this.emit("progress", { files: new Set(contents.keys()) });
  }

  /** Declares files in as many calls as the limits require, and takes those that are declared from `left`. */
  async #declareAll(left: Source[], files: readonly FileDeclaration[]): Promise<void> {
    const limits = { ...LIMITS, ...this.resumableBatch?.limits };
    for (const call of callsWithin(limits, files, this.ledger.count)) {
      const declared = await this.#declare(call);
      this.#register(left.splice(0, call.length), call, declared);
    }
  }

  /** Notes files whose declaration has failed; those of a batch that never existed are cancelled with it. */
  #setUndeclared(sources: readonly Source[], error: unknown, replaces: boolean): void {
    if (this.#creation.isCancelled) return this.emit("files", addCancelled(this.ledger, sources));
    const isAborted = error === this.#session?.signal.reason;
    const cause = isAborted ? this.#session?.endedBy : error;
    if (cause === null || this.#creation.signal.aborted || sources.length === 0) return;
    const { code } = problemOf(cause);
    this.#undeclared.add(sources, code, replaces);
    this.emit("undeclared", { sources, code });
  }

  async #declare(files: readonly FileDeclaration[]): Promise<DeclaredFiles> {
    if (this.#session !== null) return this.#session.declare(files, this.ledger.count);
    const created = await this.#creation.create(this.#options, files, this.#emitRateLimited);
    this.#created = created;
    const { api } = await this.#start(created);
    this.listen(api, 0);
    return created;
  }

  async #start(batch: ResumableBatch): Promise<UploadSession> {
    const { concurrency = Infinity } = this.#options;
    this.#session = await startSession(batch, {
      endpoint: this.#options.endpoint,
      signal: this.disposal.signal,
      reachability: this.reachability,
      ledger: this.ledger,
      concurrency,
      bandwidth: this.bandwidth,
      events: {
        onProgress: (files) => this.emit("progress", { files }),
        onRateLimited: this.#emitRateLimited,
        onIdle: () => this.#advance(),
        onBatch: (resource) => this.setBatch(resource),
        onError: (error) => this.report(error),
      },
    });
    return this.#session;
  }

  #register(
    sources: readonly Source[],
    files: readonly FileDeclaration[],
    { firstFile, rev }: DeclaredFiles,
  ): void {
    this.ledger.declare(files.map(ledgerFile), rev);
    for (const { replaces } of files) if (replaces !== undefined) this.#replaced.add(replaces);
    this.emit("files", { first: firstFile, count: files.length, isOwn: true, sources });
    this.#session?.attach(new Map(sources.map(({ blob }, index) => [firstFile + index, blob])));
  }

  /**
   * Loads files that were declared elsewhere, or seals the batch once all files have been sent. A batch
   * that was opened without files stays open for them.
   */
  #advance(): void {
    const unsent = this.#missing.size + this.ledger.localFailures.size;
    const isWaiting = this.ledger.count === 0 || unsent > 0 || this.#undeclared.keepBatchOpen;
    if (this.#session && this.hasUnknownFiles && this.#pending === 0)
      this.#declaring = this.#load(this.#session);
    else if (!this.running && !isWaiting) void this.#session?.seal();
    this.#reportIdle();
  }
}
