import { BatchApi } from "./api.ts";
import { ProblemError } from "./problems.ts";
import { insisting } from "./retry.ts";
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

  constructor({ endpoint, batch, token }: WatcherOptions) {
    super();
    this.#api = new BatchApi(endpoint, batch, token, this.disposal.signal);
    // More files are declared while the batch is watched.
    this.on("progress", () => void this.#load());
    this.on("batch", () => void this.#load());
    void this.#load();
  }

  async #load(): Promise<void> {
    if (this.#loading || (this.isListening && !this.isShort)) return;
    this.#loading = true;
    try {
      const nextPage = () => this.loadPage(this.#api);
      while (await insisting(nextPage, this.disposal.signal, (problem) => this.#report(problem)));
    } catch (error) {
      this.#report(error);
    } finally {
      this.#loading = false;
    }
  }

  #report(error: unknown): void {
    if (this.disposal.signal.aborted) return;
    if (!(error instanceof ProblemError)) throw error;
    this.emit("problem", { code: error.code, detail: error.detail });
  }
}
