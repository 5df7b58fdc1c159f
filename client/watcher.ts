import { BatchApi } from "./api.ts";
import { ProblemError } from "./problems.ts";
import { rowOf } from "./rows.ts";
import { View } from "./view.ts";

interface WatcherOptions {
  /** The server's origin. */
  endpoint: string;
  /** The batch's id. */
  batch: string;
  /** A read token, or a write token. */
  token: string;
}

/** Watches a batch that somebody else uploads. */
export class Watcher extends View {
  readonly #api: BatchApi;
  #loading = false;
  #listening = false;

  constructor({ endpoint, batch, token }: WatcherOptions) {
    super();
    this.#api = new BatchApi(endpoint, batch, token, this.disposal.signal);
    // More files are declared while the batch is watched; the totals are the first to say so.
    this.on("progress", () => void this.#load());
    this.on("batch", () => void this.#load());
    void this.#load();
  }

  async #load(): Promise<void> {
    if (this.#loading || (this.#listening && !this.#isShort())) return;
    this.#loading = true;
    try {
      while (await this.#loadPage());
    } catch (error) {
      this.#report(error);
    } finally {
      this.#loading = false;
    }
  }

  #isShort(): boolean {
    return this.ledger.count < this.ledger.totals.files;
  }

  /** Loads the next page; the answer is whether there may be another. */
  async #loadPage(): Promise<boolean> {
    const first = this.ledger.count;
    const page = await this.#api.files(first === 0 ? null : first - 1);
    this.ledger.add(page.files.map(({ name, path, size, type }) => ({ name, path, size, type })));
    for (const file of page.files) this.ledger.apply(rowOf(file), page.rev);
    this.emit("files", { first, count: page.files.length });
    // From the first page on: what changes on later ones is in them, or in a frame, or in both.
    if (!this.#listening) this.#begin(page.rev);
    this.completeIfDone();
    return page.files.length > 0 && (page.next !== null || this.#isShort());
  }

  #begin(rev: number): void {
    this.#listening = true;
    this.listen(this.#api, rev);
  }

  #report(error: unknown): void {
    if (this.disposal.signal.aborted) return;
    if (!(error instanceof ProblemError)) throw error;
    this.emit("problem", { code: error.code, detail: error.detail });
  }
}
