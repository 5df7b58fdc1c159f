import { BatchApi } from "./api/batch-api.ts";
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
      await this.loadFiles(this.#api, this.disposal.signal);
    } finally {
      this.#loading = false;
    }
  }
}
