import { LIMITS, type CreatedBatch, type DeclaredFiles } from "../protocol/index.ts";
import type { FileDeclaration } from "../protocol/schemas.ts";
import { BatchApi, createBatch } from "./api/batch-api.ts";
import { getGrant } from "./api/grant.ts";
import { Job } from "./send/job.ts";
import { TokenBucket } from "./send/bandwidth.ts";
import { isFatal, isFilesAdded, ProblemError } from "./errors.ts";
import { declarationOf, ledgerFile, type Source } from "./source.ts";
import type { ResumableBatch, UploaderOptions } from "./uploader-options.ts";
import { View } from "./view.ts";
import { needsUpload } from "./predicates.ts";

/** Requests in flight: below the six that a browser allows a host over HTTP/1.1. */
const DEFAULT_CONCURRENCY = 4;

/**
 * Uploads files into a batch of its own, and tells how each fares.
 *
 * The first `add` creates the batch; more files may be added until all that is known has been sent:
 * then the batch is sealed, and completes. While a file is given up the batch stays open, and
 * `retry` goes on with it, or `cancel` without it.
 *
 * To go on after a reload, keep `resumableBatch`, and the files' content where it outlives the page; make an
 * Uploader of that `batch`, `attachContents` that was kept, ask for the rest again and `matchFiles` with the
 * Uploader: what is missing is sent.
 *
 * @example
 * const uploader = new Uploader({ endpoint: location.origin });
 * uploader.on("completed", (summary) => console.log(`${summary.completed} files are there.`));
 * uploader.add([...input.files].map((file) => ({ name: file.name, blob: file })));
 */
export class Uploader extends View {
  readonly #options: UploaderOptions;
  readonly #bandwidth = new TokenBucket();
  readonly #emitRateLimited = (ms: number | null): void => this.emit("ratelimited", { ms });
  #created: CreatedBatch | null = null;
  #job: Job | null = null;
  /** Declaring calls, one after the other, so that ids follow the order of `add`. */
  #declaring: Promise<void> = Promise.resolve();
  #undeclared = 0;
  #isOpen = false;
  readonly #missing = new Set<number>();
  /** Is every file of the batch known here, as far as anybody can tell? */
  #isKnown = true;

  constructor(options: UploaderOptions) {
    super();
    this.bytesPerSecond = options.bytesPerSecond ?? null;
    this.#options = options;
    this.on("batch", ({ state }) => {
      this.#job?.follow(state);
      this.#goOn();
    });
    this.on("connection", (connection) => this.#job?.outbox.followConnection(connection));
    if (options.batch) this.#declaring = this.#load(this.#open(options.batch));
  }

  /** A new batch's id, tokens, links and limits; null until it exists. */
  get created(): CreatedBatch | null {
    return this.#created;
  }

  /** What to keep to go on with the batch after a reload, or elsewhere; null until it exists. */
  get resumableBatch(): ResumableBatch | null {
    return this.#created ?? this.#options.batch ?? null;
  }

  /** Files that were not declared here, want bytes, and whose content nobody has brought yet. */
  get missing(): ReadonlySet<number> {
    return this.#missing;
  }

  /** A file's content, while it may have to be sent; undefined where it is not here, or settled. */
  contentOf(file: number): Blob | undefined {
    return this.#job?.outbox.contentOf(file);
  }

  /**
   * The most to send, in bytes per second, over all requests and fairly shared among files; null is
   * as fast as it goes. May be changed at any time.
   *
   * Node keeps to it within a few per cent over any few seconds. A browser sends what has begun as
   * fast as the line takes it: there the bandwidth is kept by when requests begin, so that it is off by
   * one request at most (a second's worth of small files, or one part of `limits.partBytes`) over
   * however long a time.
   *
   * @throws RangeError for what is no rate
   */
  get bytesPerSecond(): number | null {
    return this.#bandwidth.bytesPerSecond;
  }

  set bytesPerSecond(rate: number | null) {
    this.#bandwidth.bytesPerSecond = rate;
    this.#job?.outbox.replan();
  }

  /** True while files are being sent, or more are expected (see `open`). */
  get running(): boolean {
    return this.#isOpen || this.#undeclared > 0 || this.#job?.outbox.idle === false;
  }

  /**
   * Adds files to the batch, which get the next ids in this order, and sends them.
   *
   * @throws Error when the batch has been sealed: what comes after needs a new Uploader
   */
  add(sources: readonly Source[]): void {
    if (this.#job?.isSealed === true)
      throw new Error("The batch is sealed: upload these files in a new one.");
    if (sources.length === 0) return;
    this.#undeclared += sources.length;
    this.#declaring = this.#declaring.then(() => this.#take(sources));
  }

  /** Keeps the batch open for more files, even once all known ones have been sent, until `seal`. */
  open(): void {
    this.#isOpen = true;
  }

  /** Ends what `open` began: the batch is sealed as soon as all its files have been sent. */
  seal(): void {
    this.#isOpen = false;
    this.#goOn();
  }

  /**
   * Supplies the content of files of a batch begun before, by id, as it was kept. What has another
   * size than was declared is not what was kept, and is left out.
   */
  async attachContents(contents: ReadonlyMap<number, Blob>): Promise<void> {
    await this.#declaring;
    const isKept = (id: number, { size }: Blob) =>
      id < this.ledger.count && this.ledger.size(id) === size;
    const kept = new Map([...contents].filter(([id, blob]) => isKept(id, blob)));
    this.#job?.outbox.supply(kept);
    for (const id of kept.keys()) this.#missing.delete(id);
    this.emit("progress", { files: new Set(kept.keys()) });
    this.#goOn();
  }

  /**
   * Asks the server about the batch, once all its files are known here.
   *
   * @returns null where that cannot be: there is no batch, or `problem` says why
   */
  async request<Answer>(
    question: (api: BatchApi) => Answer | Promise<Answer>,
  ): Promise<Answer | null> {
    await this.#declaring;
    if (this.#job === null || !this.#isKnown) return null;
    try {
      return await question(this.#job.api);
    } catch (error) {
      this.report(error);
      return null;
    }
  }

  /**
   * Sends failed files again, all that are worth it or the named ones of them.
   *
   * @param files ids
   */
  retry(files?: readonly number[]): void {
    const sent = this.#job?.outbox.retry(files) ?? [];
    this.emit("progress", { files: new Set(sent) });
    this.#goOn();
  }

  /**
   * Has the batch wait, on whatever device it is being sent from: requests in flight end, no new
   * ones begin. Resolves when the server knows; where it cannot be told, `problem` says so.
   */
  async pause(): Promise<void> {
    await (await this.#begunJob())?.pause();
  }

  /** Goes on with a paused batch, whoever paused it. */
  async resume(): Promise<void> {
    await (await this.#begunJob())?.resume();
  }

  /**
   * Calls off the named files, or the whole batch; what is in flight for them ends at once. Files
   * that are settled stay as they are. Resolves when the server knows; where it cannot be told,
   * `problem` says so, and the named files go on.
   *
   * @param files ids
   */
  async cancel(files?: readonly number[]): Promise<void> {
    if (files !== undefined) return (await this.#begunJob())?.cancelFiles(files);
    this.#job?.end();
    // What is being declared at the moment is meant too.
    await this.#declaring;
    await this.#job?.cancel();
  }

  override dispose(): void {
    super.dispose();
    this.#job?.end();
  }

  protected override report(error: unknown): void {
    // What was ended here is no news.
    if (error === this.#job?.signal.reason) return;
    if (error instanceof ProblemError && isFatal(error.code)) this.#job?.end();
    super.report(error);
  }

  protected override follow(files: ReadonlySet<number>): void {
    for (const id of files) if (!needsUpload(this.ledger, id)) this.#missing.delete(id);
    this.#job?.outbox.follow(files);
    this.#goOn();
  }

  /** The batch that there is, or will be as soon as its first files are declared. */
  async #begunJob(): Promise<Job | null> {
    if (this.#job === null) await this.#declaring;
    return this.#job;
  }

  /** Loads what is declared of the batch, and not known here. */
  async #load({ api, signal }: Job): Promise<void> {
    this.#undeclared++;
    this.#isKnown = false;
    try {
      this.#isKnown = await this.loadFiles(api, signal);
    } finally {
      this.#undeclared--;
    }
    if (!this.#isKnown) return;
    for (let id = 0; id < this.ledger.count; id++)
      if (needsUpload(this.ledger, id) && !this.contentOf(id)) this.#missing.add(id);
    this.#goOn();
  }

  async #take(sources: readonly Source[]): Promise<void> {
    const files = sources.map(declarationOf);
    try {
      this.#register(sources, files, await this.#declare(files));
    } catch (error) {
      // These may be the very files, declared by a page that is no more.
      if (this.#job && isFilesAdded(error)) await this.#load(this.#job);
      this.report(error);
    } finally {
      this.#undeclared -= sources.length;
      this.#goOn();
    }
  }

  async #declare(files: readonly FileDeclaration[]): Promise<DeclaredFiles> {
    if (this.#job !== null) return this.#job.declare(files, this.ledger.count);
    const { endpoint, grant, metadata } = this.#options;
    const body = { files, ...(metadata && { metadata }) };
    const asked = await getGrant(grant);
    const created = await createBatch(endpoint, asked, body, {
      signal: this.disposal.signal,
      onRateLimited: this.#emitRateLimited,
    });
    this.#created = created;
    this.listen(this.#open(created).api, 0);
    return created;
  }

  #open({ id, tokens, limits = LIMITS }: ResumableBatch): Job {
    const { endpoint, concurrency = DEFAULT_CONCURRENCY } = this.#options;
    this.#job = new Job({
      api: new BatchApi(endpoint, id, tokens.write, this.disposal.signal),
      limits,
      concurrency,
      ledger: this.ledger,
      bandwidth: this.#bandwidth,
      onChange: (files) => this.emit("progress", { files }),
      onRateLimited: this.#emitRateLimited,
      onIdle: () => this.#goOn(),
      onBatch: (batch) => this.setBatch(batch),
      onError: (error) => this.report(error),
    });
    return this.#job;
  }

  #register(
    sources: readonly Source[],
    files: readonly FileDeclaration[],
    { firstFile, rev }: DeclaredFiles,
  ): void {
    this.ledger.declare(files.map(ledgerFile), rev);
    this.emit("files", { first: firstFile, count: files.length, isOwn: true });
    this.#job?.outbox.supply(new Map(sources.map(({ blob }, index) => [firstFile + index, blob])));
  }

  /** Learns what others have declared; seals the batch when all of it is sent. */
  #goOn(): void {
    const isWaiting = this.#missing.size + this.ledger.localFailures.size > 0;
    if (this.#job && this.isShort && this.#undeclared === 0)
      this.#declaring = this.#load(this.#job);
    else if (!this.running && !isWaiting) void this.#job?.seal();
  }
}
