import {
  FILE_STATES,
  fileWeight,
  isSettled,
  percentOf,
  PROGRESS,
  type FileState,
  type Row,
  ZERO_TOTALS,
  type Totals,
} from "../protocol/index.ts";
import { Columns } from "./columns.ts";
import { isServerCode, type ClientCode } from "./errors.ts";

/** What the ledger keeps of a file as it was declared. */
export interface LedgerFile {
  name: string;
  path: string | null;
  /** Bytes. */
  size: number;
  /** Media type; "" when unknown. */
  type: string;
  /** Milliseconds since 1970; undefined when unknown. */
  lastModified?: number | undefined;
}

/**
 * What is known of every file of one batch. An update costs the same however many files there are:
 * sums are kept, never counted. Rows carry the rev at which they were true, and an older one never
 * overrides a newer one, so that frames, pages and polls may arrive in any order.
 */
export class Ledger {
  readonly #columns = new Columns();
  readonly #files: LedgerFile[] = [];
  readonly #errors = new Map<number, ClientCode>();
  readonly #localFailures = new Map<number, ClientCode>();
  readonly #early = new Map<number, { row: Row; rev: number }>();
  #totals: Totals = ZERO_TOTALS;
  #totalsRev = 0;
  #percentComplete = 0;
  #sentBytes = 0;
  #sentWeight = 0;
  #weight = 0;

  /** How many files there are; their ids are 0 to `count - 1`. */
  get count(): number {
    return this.#files.length;
  }

  name(id: number): string {
    return this.#file(id).name;
  }

  path(id: number): string | null {
    return this.#file(id).path;
  }

  type(id: number): string {
    return this.#file(id).type;
  }

  lastModified(id: number): number | undefined {
    return this.#file(id).lastModified;
  }

  /** Declared bytes. */
  size(id: number): number {
    return this.#columns.size[id] ?? 0;
  }

  /** As the page shows it: a file that this client gave up on is `failed`, whatever the server waits for. */
  state(id: number): FileState {
    return this.#localFailures.has(id) ? "failed" : this.serverState(id);
  }

  /** As the server last said. */
  serverState(id: number): FileState {
    return FILE_STATES[this.#columns.state[id] ?? 0] ?? "queued";
  }

  /** Confirmed by the server, 0 to 100. */
  progress(id: number): number {
    return this.#columns.progress[id] ?? 0;
  }

  /** Bytes handed to the network; for a watcher those that have arrived. */
  sentBytes(id: number): number {
    return this.#columns.sent[id] ?? 0;
  }

  /** Bytes that the server has. */
  receivedBytes(id: number): number {
    return this.#columns.received[id] ?? 0;
  }

  /** Why the file is `failed`, or null. */
  errorCode(id: number): ClientCode | null {
    return this.#localFailures.get(id) ?? this.#errors.get(id) ?? null;
  }

  /** Does the server hold the file's bytes durably, or wait for them no longer? */
  isUploadDone(id: number): boolean {
    const state = this.serverState(id);
    if (state === "failed") return false;
    return isSettled(state) || this.progress(id) >= PROGRESS.stored;
  }

  /** Confirmed by the server. */
  get totals(): Totals {
    return this.#totals;
  }

  /** Confirmed by the server: 0 to 100, two decimals. */
  get percentComplete(): number {
    return this.#percentComplete;
  }

  /** Sum of `sentBytes` over all files. */
  get sentBytesTotal(): number {
    return this.#sentBytes;
  }

  /** 0 to 100, two decimals; files weigh what they weigh in `percentComplete`. */
  get percentSent(): number {
    return percentOf(this.#sentWeight, this.#weight);
  }

  /** Files that this client gave up on and that the server still waits for. */
  get localFailures(): ReadonlyMap<number, ClientCode> {
    return this.#localFailures;
  }

  /** Adds files, which get the next ids. Rows that came before their file take effect now. */
  add(files: readonly LedgerFile[]): void {
    this.#columns.reserve(this.count + files.length);
    for (const file of files) {
      const id = this.#files.push(file) - 1;
      this.#columns.size[id] = file.size;
      this.#weight += fileWeight(file.size);
      this.#catchUp(id);
    }
  }

  /**
   * Adds files that the server has just taken on, and counts them into the totals, unless a frame
   * that knows of them (of `rev` or later) was here first.
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

  /** What the server said of the whole batch at `rev`. */
  setTotals(totals: Totals, percentComplete: number, rev: number): void {
    if (rev < this.#totalsRev) return;
    this.#totals = totals;
    this.#percentComplete = percentComplete;
    this.#totalsRev = rev;
  }

  /** What the server said of one file at `rev`. Nothing happens when something newer is known. */
  apply(row: Row, rev: number): void {
    const [id, state] = row;
    if (id >= this.count) return this.#keepEarly(row, rev);
    if (rev < (this.#columns.rev[id] ?? 0) || !FILE_STATES.includes(state)) return;
    this.#change(id, () => this.#write(row, rev));
    if (isSettled(state) || this.isUploadDone(id)) this.#localFailures.delete(id);
  }

  /** `bytes` of the file have been handed to the network in the present attempt. */
  setSent(id: number, bytes: number): void {
    if (this.isUploadDone(id)) return;
    this.#change(id, () => {
      this.#columns.sent[id] = Math.min(bytes, this.size(id));
    });
  }

  /**
   * This client stops trying. A server that has not put the file on record as failed does not know,
   * and goes on waiting for it.
   */
  setLocalFailure(id: number, code: ClientCode): void {
    if (this.serverState(id) !== "failed" && !this.isUploadDone(id))
      this.#localFailures.set(id, code);
  }

  /** This client tries again. */
  clearLocalFailure(id: number): void {
    this.#localFailures.delete(id);
  }

  #file(id: number): LedgerFile {
    const file = this.#files[id];
    if (file === undefined) throw new RangeError(`There is no file ${id} in this batch.`);
    return file;
  }

  #keepEarly(row: Row, rev: number): void {
    const [id] = row;
    if (rev >= (this.#early.get(id)?.rev ?? 0)) this.#early.set(id, { row, rev });
  }

  #catchUp(id: number): void {
    const early = this.#early.get(id);
    if (early === undefined) return;
    this.#early.delete(id);
    this.apply(early.row, early.rev);
  }

  #write([id, state, progress, received, code]: Row, rev: number): void {
    const columns = this.#columns;
    // Back in the queue: what the server does not have must be sent again, and the sum says so.
    const resent = state === "queued" && this.serverState(id) !== "queued";
    const sent = resent ? received : Math.max(received, this.sentBytes(id));
    columns.sent[id] = Math.min(sent, this.size(id));
    columns.received[id] = received;
    columns.progress[id] = progress;
    columns.state[id] = FILE_STATES.indexOf(state);
    columns.rev[id] = rev;
    if (code === null) this.#errors.delete(id);
    else this.#errors.set(id, isServerCode(code) ? code : "unexpected_answer");
  }

  /** Makes a change to one file and takes the sums along. */
  #change(id: number, change: () => void): void {
    const bytes = this.sentBytes(id);
    const weight = this.#sentWeightOf(id);
    change();
    this.#sentBytes += this.sentBytes(id) - bytes;
    this.#sentWeight += this.#sentWeightOf(id) - weight;
  }

  /** Whole numbers, so that a million additions do not drift. */
  #sentWeightOf(id: number): number {
    const size = this.size(id);
    const whole = fileWeight(size);
    const state = this.serverState(id);
    if (isSettled(state)) return whole;
    if (size === 0) return state === "queued" ? 0 : whole;
    return Math.floor((whole * this.sentBytes(id)) / size);
  }
}
