import type {
  BatchResource,
  BatchState,
  CreatedBatch,
  DeclaredFiles,
  Metadata,
} from "../protocol/index.ts";
import type { FileDeclaration } from "../protocol/schemas.ts";
import { BatchApi, createBatch } from "./api.ts";
import type { LedgerFile } from "./ledger.ts";
import { Outbox } from "./outbox.ts";
import { Pace } from "./pace.ts";
import { isFatal, ProblemError } from "./problems.ts";
import { declarationOf, type Source } from "./source.ts";
import { View } from "./view.ts";

/** Requests in flight: below the six that a browser allows a host over HTTP/1.1. */
const DEFAULT_CONCURRENCY = 4;

interface UploaderOptions {
  /** The server's origin, for instance `location.origin`. */
  endpoint: string;
  /** Opens creating batches, where the server wants a grant. */
  grant?: string;
  /** Requests in flight at a time. */
  concurrency?: number;
  /** The most to send, in bytes per second, over all requests; see the property of this name. */
  bytesPerSecond?: number;
  /** What the operator's app wants to keep with the batch. */
  metadata?: Metadata;
}

/**
 * Uploads files into a batch of its own, and tells how each fares.
 *
 * The first `add` creates the batch; more files may be added until all that is known has been sent:
 * then the batch is sealed, and completes. While a file is given up the batch stays open, and
 * `retry` goes on with it.
 *
 * @example
 * const uploader = new Uploader({ endpoint: location.origin });
 * uploader.on("completed", (summary) => console.log(`${summary.completed} files are there.`));
 * uploader.add([...input.files].map((file) => ({ name: file.name, blob: file })));
 */
export class Uploader extends View {
  readonly #options: UploaderOptions;
  readonly #pace = new Pace();
  #created: CreatedBatch | null = null;
  #api: BatchApi | null = null;
  #outbox: Outbox | null = null;
  /** Declaring calls, one after the other, so that ids follow the order of `add`. */
  #declaring: Promise<void> = Promise.resolve();
  #undeclared = 0;
  #sealing = false;
  /** Nothing more of this batch will be taken. */
  #ended = false;

  constructor(options: UploaderOptions) {
    super();
    this.bytesPerSecond = options.bytesPerSecond ?? null;
    this.#options = options;
    this.on("progress", ({ files }) => this.#follow(files));
    this.on("batch", ({ state }) => this.#followBatch(state));
    this.on("connection", (connection) => this.#outbox?.followConnection(connection));
  }

  /** The batch's id, tokens, links and limits; null until it exists. */
  get created(): CreatedBatch | null {
    return this.#created;
  }

  /**
   * The most to send, in bytes per second, over all requests and fairly shared among files; null is
   * as fast as it goes. May be changed at any time.
   *
   * Node keeps to it within a few per cent over any few seconds. A browser sends what has begun as
   * fast as the line takes it: there the pace is kept by when requests begin, so that it is off by
   * one request at most (a second's worth of small files, or one part of `limits.partBytes`) over
   * however long a time.
   *
   * @throws RangeError for what is no rate
   */
  get bytesPerSecond(): number | null {
    return this.#pace.bytesPerSecond;
  }

  set bytesPerSecond(rate: number | null) {
    this.#pace.bytesPerSecond = rate;
    this.#outbox?.replan();
  }

  /** Is something still to be sent? */
  get running(): boolean {
    return this.#undeclared > 0 || this.#outbox?.idle === false;
  }

  /**
   * Adds files to the batch, which get the next ids in this order, and sends them.
   *
   * @throws Error when the batch has been sealed: what comes after needs a new Uploader
   */
  add(sources: readonly Source[]): void {
    if (this.#sealing) throw new Error("The batch is sealed: upload these files in a new one.");
    if (sources.length === 0) return;
    this.#undeclared += sources.length;
    this.#declaring = this.#declaring.then(() => this.#take(sources));
  }

  /**
   * Sends failed files again, all that are worth it or the named ones of them.
   *
   * @param files ids
   * @returns resolves when they are on their way, or in the queue
   */
  retry(files?: readonly number[]): Promise<void> {
    const sent = this.#outbox?.retry(files) ?? [];
    this.emit("progress", { files: new Set(sent) });
    return Promise.resolve();
  }

  /**
   * Has the batch wait, on whatever device it is being sent from: requests in flight end, no new
   * ones begin. Resolves when the server knows; where it cannot be told, `problem` says so.
   */
  async pause(): Promise<void> {
    await this.#declaring;
    this.#outbox?.hold("pausing");
    await this.#tell((api) => api.pause());
    this.#outbox?.release("pausing");
  }

  /** Goes on with a paused batch, whoever paused it. */
  async resume(): Promise<void> {
    await this.#declaring;
    await this.#tell((api) => api.resume());
  }

  /**
   * Calls off the named files, or the whole batch; what is in flight for them ends at once. Files
   * that are settled stay as they are. Resolves when the server knows; where it cannot be told,
   * `problem` says so, and the named files go on.
   *
   * @param files ids
   */
  async cancel(files?: readonly number[]): Promise<void> {
    if (files === undefined) return this.#cancelAll();
    await this.#declaring;
    try {
      await this.#outbox?.cancel(files);
    } catch (error) {
      this.#report(error);
    }
  }

  override dispose(): void {
    super.dispose();
    this.#outbox?.stop();
  }

  async #cancelAll(): Promise<void> {
    this.#ended = true;
    this.#outbox?.stop();
    // What is being declared at the moment belongs to it.
    await this.#declaring;
    this.#outbox?.stop();
    await this.#tell((api) => api.cancel());
  }

  async #take(sources: readonly Source[]): Promise<void> {
    const files = sources.map(declarationOf);
    try {
      this.#register(sources, files, await this.#declare(files));
    } catch (error) {
      this.#report(error);
    } finally {
      this.#undeclared -= sources.length;
      this.#sealIfDone();
    }
  }

  async #declare(files: readonly FileDeclaration[]): Promise<DeclaredFiles> {
    if (this.#api !== null) return this.#api.addFiles(files);
    const { endpoint, grant, metadata } = this.#options;
    const body = { files, ...(metadata && { metadata }) };
    const created = await createBatch(endpoint, grant, body, this.disposal.signal);
    this.#open(created);
    return created;
  }

  #open(created: CreatedBatch): void {
    const { id, tokens, limits } = created;
    const { endpoint, concurrency: lanes = DEFAULT_CONCURRENCY } = this.#options;
    const api = new BatchApi(endpoint, id, tokens.write, this.disposal.signal);
    this.#created = created;
    this.#api = api;
    this.#outbox = new Outbox({
      api,
      limits,
      lanes,
      ledger: this.ledger,
      pace: this.#pace,
      onChange: (files) => this.emit("progress", { files }),
      onPaused: () => void this.#update(api.batch()),
      onIdle: () => this.#sealIfDone(),
      onFatal: (problem) => this.#report(problem),
    });
    this.#outbox.awaitEvents();
    this.listen(api, 0);
  }

  #register(
    sources: readonly Source[],
    files: readonly FileDeclaration[],
    { firstFile, rev }: DeclaredFiles,
  ): void {
    // Bytes must never go to another file's id.
    if (firstFile !== this.ledger.count) throw declaredByOthers();
    this.ledger.declare(files.map(ledgerFile), rev);
    this.emit("files", { first: firstFile, count: files.length });
    this.#outbox?.put(
      firstFile,
      sources.map(({ blob }) => blob),
    );
  }

  #follow(files: ReadonlySet<number>): void {
    this.#outbox?.follow(files);
    this.#sealIfDone();
  }

  #followBatch(state: BatchState): void {
    if (state === "cancelled") this.#ended = true;
    this.#outbox?.followBatch(state);
  }

  #sealIfDone(): void {
    const isDone = !this.running && this.ledger.givenUp.size === 0;
    if (!isDone || this.#sealing || this.#ended || this.#api === null) return;
    this.#sealing = true;
    void this.#update(this.#api.seal());
  }

  async #tell(call: (api: BatchApi) => Promise<BatchResource>): Promise<void> {
    if (this.#api !== null) await this.#update(call(this.#api));
  }

  async #update(call: Promise<BatchResource>): Promise<void> {
    try {
      this.setBatch(await call);
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    if (this.disposal.signal.aborted) return;
    if (!(error instanceof ProblemError)) throw error;
    if (isFatal(error.code) && this.#outbox !== null) {
      this.#ended = true;
      this.#outbox.stop();
    }
    this.emit("problem", { code: error.code, detail: error.detail });
  }
}

function ledgerFile({ name, path, size, type }: FileDeclaration): LedgerFile {
  return { name, path: path ?? null, size, type: type ?? "" };
}

function declaredByOthers(): ProblemError {
  const detail = "Somebody else declared files in this batch: upload these in a new one.";
  return new ProblemError({ code: "unexpected_answer", detail });
}
