import {
  FILE_STATES,
  fileWeight,
  isSettled,
  percentOf,
  PROGRESS,
  type FileResource,
  type FileState,
  type Row,
  type Totals,
  ZERO_TOTALS,
} from "../protocol/index.ts";
import { type Bytes, ByteSums } from "./byte-sums.ts";
import { isServerCode, ProblemError, type ClientCode } from "./errors.ts";
import { CheckedFiles } from "./checked-files.ts";
import { ReplacedFiles } from "./replaced-files.ts";

/** A file's declared properties. */
export interface LedgerFile {
  name: string;
  path: string | null;
  /** Bytes. */
  size: number;
  /** Media type; "" if unknown. */
  type: string;
  /** Milliseconds since 1970; undefined if unknown. */
  lastModified?: number | undefined;
}

/**
 * The client's copy of a batch's tally: every file's state and progress, and the totals. The cost of
 * an update doesn't grow with the number of files, because totals are updated, not recounted. Rows
 * carry the rev at which they were true and never override newer ones, so frames, pages and polls
 * may arrive in any order.
 *
 * @example
 * const { ledger } = uploader;
 * for (let id = 0; id < ledger.count; id++) console.log(ledger.name(id), ledger.state(id));
 * console.log(`${ledger.totals.completed} files, ${ledger.percentComplete} %`);
 */
export class Ledger {
  readonly #columns = new Columns();
  readonly #files: LedgerFile[] = [];
  readonly #errors = new Map<number, ClientCode>();
  readonly #localFailures = new Map<number, ClientCode>();
  /** Times in ISO 8601, of the files that are sent in parts. */
  readonly #multipartExpiries = new Map<number, string>();
  readonly #replaced = new ReplacedFiles(this);
  readonly #byteSums = new ByteSums();
  /** Files that the server has stored with the SHA-256 that they have on this device. */
  readonly checked = new CheckedFiles();
  /** Rows of files that haven't been added yet. */
  readonly #early = new Map<number, { row: Row; rev: number }>();
  #networkLimit: number | null = null;
  #totals: Totals = ZERO_TOTALS;
  #totalsRev = 0;
  #percentComplete = 0;
  #percentStored = 0;
  #sentBytes = 0;
  #sentWeight = 0;
  #weight = 0;

  /** Number of files. Their ids are 0 to `count - 1`. */
  get count(): number {
    return this.#files.length;
  }

  /** File name. @throws RangeError if the batch has no such file */
  name(id: number): string {
    return this.#file(id).name;
  }

  /** Folder and name with `/` between, or null. @throws RangeError if the batch has no such file */
  path(id: number): string | null {
    return this.#file(id).path;
  }

  /** Media type; "" if unknown. @throws RangeError if the batch has no such file */
  type(id: number): string {
    return this.#file(id).type;
  }

  /** Milliseconds since 1970, if known. @throws RangeError if the batch has no such file */
  lastModified(id: number): number | undefined {
    return this.#file(id).lastModified;
  }

  /**
   * Ids of the files with this path, or with this name if they have no path, ascending. Unicode forms
   * don't matter.
   */
  filesAt(path: string): readonly number[] {
    return this.#replaced.at(path);
  }

  /**
   * Ids, ascending, of the files that were cancelled because they were added again: a later file has
   * their path. Displays show that one only. It is another list once there are more.
   */
  get replaced(): readonly number[] {
    return this.#replaced.ids;
  }

  /** True if the file is one of `replaced`. */
  isReplaced(id: number): boolean {
    return this.#replaced.has(id);
  }

  /** Declared size in bytes. */
  size(id: number): number {
    return this.#columns.size[id] ?? 0;
  }

  /** State to show: the server's, or `failed` for a file that this client has stopped retrying. */
  state(id: number): FileState {
    return this.#localFailures.has(id) ? "failed" : this.serverState(id);
  }

  /** State by the server's latest report. */
  serverState(id: number): FileState {
    return FILE_STATES[this.#columns.state[id] ?? 0] ?? "queued";
  }

  /** Progress confirmed by the server, 0 to 100. */
  progress(id: number): number {
    return this.#columns.progress[id] ?? 0;
  }

  /** Bytes handed to the network; for a watcher, received bytes. */
  sentBytes(id: number): number {
    return this.#columns.sent[id] ?? 0;
  }

  /** Bytes that the server has received. */
  receivedBytes(id: number): number {
    return this.#columns.received[id] ?? 0;
  }

  /** Code of the problem that made the file `failed`, or null. */
  errorCode(id: number): ClientCode | null {
    return this.#localFailures.get(id) ?? this.#errors.get(id) ?? null;
  }

  /** The failure that the server recorded for the file, or null. */
  recordedFailure(id: number): ProblemError | null {
    const code = this.serverState(id) === "failed" ? this.errorCode(id) : null;
    return code === null ? null : new ProblemError({ code, detail: "" });
  }

  /**
   * Time in ISO 8601 at which the server discards the file's stored parts, unless all are stored before;
   * null if it has none, as far as is known.
   */
  multipartExpiresAt(id: number): string | null {
    return this.isUploadDone(id) ? null : (this.#multipartExpiries.get(id) ?? null);
  }

  /** True if the file's upload has ended for good: it is stored, or cancelled. */
  isUploadDone(id: number): boolean {
    const state = this.serverState(id);
    if (state === "failed") return false;
    return isSettled(state) || this.progress(id) >= PROGRESS.stored;
  }

  /** True if the server accepts the file's bytes: it waits for them, or they would be a retry. */
  needsUpload(id: number): boolean {
    const failure = this.recordedFailure(id);
    return failure === null ? !this.isUploadDone(id) : failure.retryable;
  }

  /** True if the server certainly has nothing of the file. */
  isUntouched(id: number): boolean {
    const isQueued = this.serverState(id) === "queued" && !this.#localFailures.has(id);
    return isQueued && this.receivedBytes(id) === 0;
  }

  /** Totals confirmed by the server. */
  get totals(): Totals {
    return this.#totals;
  }

  /** The totals without the files that were replaced. */
  get currentTotals(): Totals {
    const { replaced } = this;
    if (replaced.length === 0) return this.#totals;
    const totals = { ...this.#totals };
    totals.files -= replaced.length;
    totals.cancelled -= replaced.length;
    for (const id of replaced) {
      totals.bytes -= this.size(id);
      totals.receivedBytes -= this.receivedBytes(id);
    }
    return totals;
  }

  /** Bytes of the files that the ledger has, by what became of them, without those that were replaced. */
  get bytes(): Bytes {
    return this.#byteSums.without(this, this.replaced);
  }

  /** Progress of the batch confirmed by the server: 0 to 100, two decimals. */
  get percentComplete(): number {
    return this.#percentComplete;
  }

  /** Share of the bytes that the server has stored: 0 to 100, two decimals. */
  get percentStored(): number {
    return this.#percentStored;
  }

  /** Sum of `sentBytes` over all files. */
  get sentBytesTotal(): number {
    return this.#sentBytes;
  }

  /** Share of the batch that was sent: 0 to 100, two decimals, weighted like `percentComplete`. */
  get percentSent(): number {
    return percentOf(this.#sentWeight, this.#weight);
  }

  /**
   * Bytes of the longest request that the network lets through, as far as known; null if it has refused
   * none for its length. Files above it fail here with `network_limit`.
   */
  get networkLimit(): number | null {
    return this.#networkLimit;
  }

  /** Files that this client has stopped retrying and the server still waits for, with the reason. */
  get localFailures(): ReadonlyMap<number, ClientCode> {
    return this.#localFailures;
  }

  /** Adds files, which get the next ids, and applies the rows that arrived before them. */
  add(files: readonly LedgerFile[]): void {
    this.#columns.reserve(this.count + files.length);
    for (const file of files) {
      const id = this.#files.push(file) - 1;
      this.#columns.size[id] = file.size;
      this.#weight += fileWeight(file.size);
      this.#byteSums.add(this, id);
      this.#applyEarly(id);
    }
  }

  /**
   * Adds files that the server has just declared, and adds them to the totals unless a frame of `rev`
   * or later has already done so.
   */
  declare(files: readonly LedgerFile[], rev: number): void {
    this.add(files);
    if (rev <= this.#totalsRev) return;
    const { files: count, queued, bytes, ...others } = this.#totals;
    this.#totals = {
      ...others,
      files: count + files.length,
      queued: queued + files.length,
      bytes: bytes + files.reduce((sum, file) => sum + file.size, 0),
    };
    this.#totalsRev = rev;
  }

  /** Sets the batch's totals as of `rev`. Ignored if newer ones are known. */
  setTotals(totals: Totals, percentComplete: number, rev: number, percentStored?: number): void {
    if (rev < this.#totalsRev) return;
    this.#percentStored = percentStored ?? this.#percentStored;
    this.#totals = totals;
    this.#percentComplete = percentComplete;
    this.#totalsRev = rev;
  }

  /** Applies one file's row as of `rev`. Ignored if a newer one is known. */
  apply(row: Row, rev: number): void {
    const [id, state] = row;
    if (id >= this.count) return this.#keepEarly(row, rev);
    if (rev < (this.#columns.rev[id] ?? 0) || !FILE_STATES.includes(state)) return;
    this.#change(id, () => {
      this.#write(row, rev);
      if (isSettled(state) || this.isUploadDone(id)) this.#localFailures.delete(id);
    });
    if (state === "cancelled") this.#replaced.cancel(id);
  }

  /** Sets what rows don't have, from the server's report of a file. */
  setDetails({ id, multipartExpiresAt }: FileResource): void {
    if (multipartExpiresAt === undefined) this.#multipartExpiries.delete(id);
    else this.#multipartExpiries.set(id, multipartExpiresAt);
  }

  /** Sets how many bytes of the file the current try has handed to the network. */
  setSent(id: number, bytes: number): void {
    if (this.isUploadDone(id)) return;
    this.#change(id, () => {
      this.#columns.sent[id] = Math.min(bytes, this.size(id));
    });
  }

  /**
   * Records that this client stops retrying the file. Ignored if the server knows that the file
   * failed, or doesn't wait for it any more.
   */
  setLocalFailure(id: number, code: ClientCode): void {
    if (this.serverState(id) !== "failed" && !this.isUploadDone(id))
      this.#change(id, () => this.#localFailures.set(id, code));
  }

  /** Sets the length of the longest request that the network lets through, or null. */
  setNetworkLimit(bytes: number | null): void {
    this.#networkLimit = bytes;
  }

  /** Records that this client retries the file. */
  clearLocalFailure(id: number): void {
    this.#change(id, () => this.#localFailures.delete(id));
  }

  #file(id: number): LedgerFile {
    const file = this.#files[id];
    if (file === undefined) throw new RangeError(`This batch has no file ${id}.`);
    return file;
  }

  #keepEarly(row: Row, rev: number): void {
    const [id] = row;
    if (rev >= (this.#early.get(id)?.rev ?? 0)) this.#early.set(id, { row, rev });
  }

  #applyEarly(id: number): void {
    const early = this.#early.get(id);
    if (early === undefined) return;
    this.#early.delete(id);
    this.apply(early.row, early.rev);
  }

  #write([id, state, progress, received, code]: Row, rev: number): void {
    const columns = this.#columns;
    // A file that is queued again must send what the server lacks, and the sums must say so.
    const isRequeued = state === "queued" && this.serverState(id) !== "queued";
    const sent = isRequeued ? received : Math.max(received, this.sentBytes(id));
    columns.sent[id] = Math.min(sent, this.size(id));
    columns.received[id] = received;
    columns.progress[id] = progress;
    columns.state[id] = FILE_STATES.indexOf(state);
    columns.rev[id] = rev;
    if (code === null) this.#errors.delete(id);
    else this.#errors.set(id, isServerCode(code) ? code : "unexpected_answer");
  }

  /** Changes one file and updates the sums. */
  #change(id: number, change: () => void): void {
    const bytes = this.sentBytes(id);
    const weight = this.#sentWeightOf(id);
    this.#byteSums.remove(this, id);
    change();
    this.#byteSums.add(this, id);
    this.#sentBytes += this.sentBytes(id) - bytes;
    this.#sentWeight += this.#sentWeightOf(id) - weight;
  }

  /** Returns a whole number, so that a million additions don't drift. */
  #sentWeightOf(id: number): number {
    const size = this.size(id);
    const whole = fileWeight(size);
    const state = this.serverState(id);
    if (isSettled(state)) return whole;
    if (size === 0) return state === "queued" ? 0 : whole;
    return Math.floor((whole * this.sentBytes(id)) / size);
  }
}

/** Returns the number of files that have failed, here or on the server. */
export function failedFiles(ledger: Ledger): number {
  const ids = Array.from({ length: ledger.count }, (_, id) => id);
  return ids.filter((id) => ledger.state(id) === "failed").length;
}

/** Returns a file of a page as the row that a frame would carry. */
export function rowOf(file: FileResource): Row {
  return [file.id, file.state, file.progress, file.receivedBytes, file.error?.code ?? null];
}

const FIRST_CAPACITY = 256;

/**
 * Typed arrays with one entry per file: 30 bytes a file, and no object for the garbage collector to
 * visit. Capacity doubles when it's used up.
 */
class Columns {
  /** Declared bytes. */
  size = new Float64Array(FIRST_CAPACITY);
  /** Bytes handed to the network. */
  sent = new Float64Array(FIRST_CAPACITY);
  /** Bytes that the server has received. */
  received = new Float64Array(FIRST_CAPACITY);
  /** The rev at which the row was true. */
  rev = new Uint32Array(FIRST_CAPACITY);
  /** Index in `FILE_STATES`. */
  state = new Uint8Array(FIRST_CAPACITY);
  /** 0 to 100. */
  progress = new Uint8Array(FIRST_CAPACITY);

  /** Grows to hold at least `count` files. */
  reserve(count: number): void {
    if (count <= this.size.length) return;
    const capacity = 2 ** Math.ceil(Math.log2(count));
    this.size = widen(this.size, new Float64Array(capacity));
    this.sent = widen(this.sent, new Float64Array(capacity));
    this.received = widen(this.received, new Float64Array(capacity));
    this.rev = widen(this.rev, new Uint32Array(capacity));
    this.state = widen(this.state, new Uint8Array(capacity));
    this.progress = widen(this.progress, new Uint8Array(capacity));
  }
}

function widen<Column extends { set(values: ArrayLike<number>): void }>(
  from: ArrayLike<number>,
  to: Column,
): Column {
  to.set(from);
  return to;
}
